"""The process `dfui`, and `python -m dfui`."""

import gc
import sys

gc.disable()  # No module is garbage. The event loop turns it on again once it has run for a second.

from dfui.cli import main as run_command  # noqa: E402


def main() -> int:
    """Run the command of this process; gives its exit code."""
    try:
        return run_command()
    finally:
        gc.freeze()  # All that there is ends now. To look through it for cycles first takes 25 ms.


if __name__ == "__main__":
    sys.exit(main())
