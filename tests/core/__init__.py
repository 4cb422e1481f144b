"""Tests of dfui/core."""
