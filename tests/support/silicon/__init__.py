"""The firmware of readers, as far as their settings go: bytes in, bytes out, made from the makers' manuals."""
