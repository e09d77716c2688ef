"""``python -m leadroute``: the ``leadroute`` command, where no script of that name is found."""

import sys

from leadroute.cli import main

if __name__ == "__main__":
    sys.exit(main())
