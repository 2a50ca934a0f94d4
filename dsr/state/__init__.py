"""The tool's own database."""
