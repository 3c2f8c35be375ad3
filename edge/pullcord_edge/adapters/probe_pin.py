"""How the pins of this machine are reached, without opening one."""

import warnings

from pullcord_edge.checks.pin import PinFacts


def probe_pins() -> PinFacts:
    """The pin factory that gpiozero would use, or why there is none."""
    from gpiozero import BadPinFactory, Device

    factory = Device.pin_factory
    if factory is not None:
        return PinFacts(type(factory).__name__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            Device.ensure_pin_factory()
        except (OSError, RuntimeError, ValueError, ImportError, BadPinFactory) as error:
            return PinFacts(None, " ".join(str(error).split()))
    factory, Device.pin_factory = Device.pin_factory, None
    factory.close()
    return PinFacts(type(factory).__name__)
