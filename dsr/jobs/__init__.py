"""One module per job: the composition root."""
