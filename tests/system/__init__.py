"""Tests of dfui/system."""
