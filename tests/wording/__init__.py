"""Tests of dfui/wording."""
