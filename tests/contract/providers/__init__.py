"""The adapters that the contract is tried on. Another one is a file beside these, and a line here."""

from tests.contract.ground import Way
from tests.contract.providers import manual, sandbox, stripe

WAYS: list[Way] = [sandbox.WAY, manual.WAY, stripe.WAY]
