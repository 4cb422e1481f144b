"""This machine: settings, credentials, the terminal, the log, exported files."""
