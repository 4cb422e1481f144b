"""The terminal UI: screens and widgets over what dfui does."""
