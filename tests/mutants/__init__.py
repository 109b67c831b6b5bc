"""Bugs planted on purpose: each must turn a test red."""
