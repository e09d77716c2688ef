"""The ``leadroute`` command, for people with a script and two files."""

from leadroute.cli.main import main

__all__ = ["main"]
