"""Tests of dfui/operations."""
