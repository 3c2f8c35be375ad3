"""The one thread that decides."""
