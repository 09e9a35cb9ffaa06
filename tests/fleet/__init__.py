"""A fleet of machines under faults: `python -m tests.fleet.soak MINUTES`."""
