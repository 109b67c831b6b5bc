"""Hints between the parts and nodes of one installation."""

from .port import Bus

__all__ = ["Bus"]
