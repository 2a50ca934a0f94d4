"""Pure words and meanings, no I/O."""
