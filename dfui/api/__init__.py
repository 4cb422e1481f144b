"""The Datafiniti API v4: one client, the documented shapes, and what can go wrong."""

import sys

# What httpx looks for and dfui has no use for: its own command line, which loads click and rich where they are
# installed (36 ms), and trio and sniffio, for which httpcore searches again at each step of each request.
for unused in ("httpx._main", "trio", "sniffio"):
    sys.modules.setdefault(unused, None)  # type: ignore[arg-type]  # Python's way to say: it cannot be imported
