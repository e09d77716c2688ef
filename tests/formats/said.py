"""What errors of a policy say, for tests that are about something else than the line."""

import re


def unlined(error):
    """The message without the line behind the name of the file."""
    return re.sub(r"^(\S+?):\d+(?=: )", r"\1", str(error), flags=re.MULTILINE)
