"""The Datafiniti API v4: one client, the documented shapes, and what can go wrong."""
