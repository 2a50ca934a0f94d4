"""The strict loader of `retention.yaml`."""
