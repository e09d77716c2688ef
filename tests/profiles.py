"""How many examples Hypothesis tries: a number for each law, scaled by the profile of the run.

- `dev`: a fifth of them, for a quick look and for the step of the gate that measures coverage.
- `ci`: as many as the tests say. This is what `pytest` alone takes.
- `nightly`: fifty times as many, other ones in each run, and those that failed are kept: a long search.

`dev` and `ci` try the same examples on every run and on every machine. No profile judges by the clock.
Another profile than `ci` is named in the environment: `HYPOTHESIS_PROFILE=nightly pytest`.
"""

import os

from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
SCALES = {"dev": 0.2, "ci": 1, "nightly": 50}
USUAL = 100


def scaled(count):
    """Return what stands for so many in `ci`."""
    return max(1, round(count * SCALES[PROFILE]))


def examples(count=USUAL, **others):
    """Return the settings of a law that tries so many examples in `ci`; use it as a decorator."""
    return settings(max_examples=scaled(count), **others)


def load_profile():
    """Load the profile of the run, for the laws that name no number too."""
    seeded = {} if PROFILE == "nightly" else {"database": None, "derandomize": True}
    slow = [HealthCheck.too_slow]
    common = settings(deadline=None, print_blob=True, suppress_health_check=slow, **seeded)
    settings.register_profile(PROFILE, examples(USUAL, parent=common))
    settings.load_profile(PROFILE)
