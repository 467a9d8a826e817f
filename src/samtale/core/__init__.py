"""Deciding: pure functions from values to values."""
