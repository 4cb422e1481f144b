"""Tests of dfui/api."""
