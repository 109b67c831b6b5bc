"""Notices on devices: judged, worded and pushed at the moment when they are due. Whom they are for: channel.push."""

from .courier import Courier
from .wording import TRIAL_TOPIC, trial

__all__ = ["TRIAL_TOPIC", "Courier", "trial"]
