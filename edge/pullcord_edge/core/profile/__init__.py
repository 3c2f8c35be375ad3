"""Reader profiles: what a reader keeps in its own firmware, read, compared, written and read back."""
