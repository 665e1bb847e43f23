"""One verb a file: the only rooms that join the rooms below."""
