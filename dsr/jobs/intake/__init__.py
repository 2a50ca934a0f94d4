"""Requests from files: tables, mailboxes, folders into which something drops messages."""
