"""Folders of log files: JSON lines and CSV, plain or compressed."""
