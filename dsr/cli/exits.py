"""The exit codes of the command line that no error class carries."""

DONE = 0
BUG = 1
INVALID = 3
ALL_HELD = 6
PARTIAL = 7
LATE = 11
UNVERIFIED = 13
TRY_AGAIN = 75
INTERRUPTED = 130
