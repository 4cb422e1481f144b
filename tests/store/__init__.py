"""Tests of dfui/store."""
