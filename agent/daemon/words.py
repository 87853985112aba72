"""What a worker says to the process that watches over it."""

CLOSING = b"closing\n"
"""It takes no more faces and ends."""
RETIRING = b"retiring\n"
"""The same, and a process of a newer build may begin at once."""
FOREGROUND = "--foreground"
"""Said to the worker: standard error is read by somebody."""
