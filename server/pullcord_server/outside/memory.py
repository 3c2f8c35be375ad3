"""What the process holds for long, and the garbage collector."""

import gc


def keep() -> None:
    """Clear up once, and look at nothing again that lives now: all threads stand still while it is looked through."""
    gc.collect()
    gc.freeze()
