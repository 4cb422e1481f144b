"""Tests of dfui/tui/widgets."""
