"""A pretend Datafiniti account, for the demo, the tests and the pictures."""
