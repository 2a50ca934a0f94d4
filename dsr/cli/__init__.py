"""The command line: build arguments, call one job, show one result."""
