"""All that a person sees: words, tables, progress, JSON documents, questions."""
