"""Tests of dfui/cli."""
