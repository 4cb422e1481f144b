"""`python -m dfui`."""

import sys

from dfui.cli import main

if __name__ == "__main__":
    sys.exit(main())
