"""Fixtures that every test may ask for, and how far Hypothesis looks."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["support.broker", "support.postgres"]

#: `make test` looks at the same examples each time; `HYPOTHESIS_PROFILE=wide` at others.
settings.register_profile("seeded", derandomize=True, deadline=None)
settings.register_profile("wide", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))
