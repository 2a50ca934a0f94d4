"""Letters to people and to recipients, from templates in the reader's language."""
