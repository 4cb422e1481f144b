"""Tests of dfui/tui/screens."""
