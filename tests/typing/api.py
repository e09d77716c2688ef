"""The public API as a user's type checker sees it. Read by mypy, never run."""

from typing import assert_type

import leadroute

assert_type(leadroute.__doc__, str | None)
