"""Answers that large hosts and relays are known to give, and what is made of them."""

import pytest

from channel.notify.answers import asks_for_less, is_for_good, status_of


@pytest.mark.parametrize(
    ("code", "said", "who"),
    [
        (421, "4.7.28 Our system has detected an unusual rate of mail from your IP", "host"),
        (421, "4.7.0 [TSS04] temporarily deferred due to unexpected volume or user complaints", "host"),
        (421, "Service not available, closing transmission channel", "host"),
        (451, "4.7.650 The mail server has been temporarily rate limited due to IP reputation", "host"),
        (451, "4.7.500 Server busy. Please try again later", "host"),
        (450, "4.7.1 too much mail from 192.0.2.1", "host"),
        (452, "4.3.1 Insufficient system storage", "host"),
        (452, "4.5.3 Too many recipients", "host"),
        (454, "Throttling failure: Maximum sending rate exceeded.", "relay"),
        (454, "4.7.1 Relay access denied", ""),
        (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more", ""),
        (452, "4.2.2 The email account that you tried to reach is over quota", ""),
        (450, "4.1.1 unknown", ""),
        (450, "4.7.1 Greylisting in action, please come back", ""),
        (451, "4.7.1 greylisted: come back when the rate limit of an hour is over", ""),
        (450, "later", ""),
        (451, "4.3.0 later", ""),
        (550, "5.7.1 too many", ""),
    ],
)
def test_who_asks_for_less(code: int, said: str, who: str) -> None:
    assert asks_for_less(code, said) == who


@pytest.mark.parametrize(
    ("code", "said", "for_good"),
    [
        (550, "5.1.1 nobody here", True),
        (550, "Requested action not taken: mailbox unavailable", True),
        (550, "5.2.1 The email account that you tried to reach is disabled", True),
        (550, "5.1.1 <spam@example.net>: user unknown", True),
        (550, "5.7.1 your network is blocked", False),
        (554, "Service unavailable; client host blocked using zen.example.org", False),
        (550, "Rejected for policy reasons", False),
        (550, "Relay not permitted", False),
        (552, "5.2.2 Mailbox full", False),
        (552, "Requested mail action aborted: exceeded storage allocation", False),
        (550, "user over quota", False),
        (450, "4.1.1 later", False),
    ],
)
def test_only_what_is_said_of_a_mailbox_that_is_gone_is_for_good(
    code: int, said: str, for_good: bool
) -> None:
    assert is_for_good(code, said) is for_good


def test_no_more_than_the_status_is_kept_of_an_answer() -> None:
    assert status_of(550, "5.1.1 <anna@example.net> unknown") == "550 5.1.1"
    assert status_of(550, "anna@example.net unknown") == "550"
