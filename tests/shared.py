"""The data that tests share with their sister projects: real leads, and vectors of right answers.

It is not part of the repository. It lies beside the checkout, or where LEADROUTE_SHARED points.
A test that needs it and finds none is skipped, with the reason.
"""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared_path(name: str) -> Path:
    """Return the path of a shared file or folder, or skip the test that asks.

    Args:
        name: The path inside the shared folder, such as "vectors/business_time.json".
    """
    path = Path(os.environ.get("LEADROUTE_SHARED") or BESIDE) / name
    if not path.exists():
        pytest.skip(f"the shared data has no {name}: set LEADROUTE_SHARED to its folder")
    return path
