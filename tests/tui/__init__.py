"""Tests of dfui/tui."""
