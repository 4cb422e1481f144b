"""dfui cancels Datafiniti downloads from a terminal, and tells what was kept and what it cost."""

__version__ = "0.1.0"
