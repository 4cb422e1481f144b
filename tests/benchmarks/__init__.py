"""How fast and how light dfui is, beside what else does the same; `python -m tests.benchmarks`."""
