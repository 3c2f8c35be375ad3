"""Pure parsers of readers, scales, sensors and lamp lines: bytes and `now` in, events out."""
