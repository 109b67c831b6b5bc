"""Hooks on their way: heard of after the commit, worded, signed and sent at the moment when they are due."""

from .courier import HookCourier

__all__ = ["HookCourier"]
