"""The ``leadroute`` command, for people with a script and two files."""

from leadroute.cli.command import main

__all__ = ["main"]
