"""What mail servers of all kinds send back, as files, and what each says about an address. `name-verdict.eml`."""

from pathlib import Path

import pytest

from channel.incoming.reading import read
from channel.incoming.reports import original_sender, verdict

REPORTS = sorted((Path(__file__).parent / "reports").glob("*.eml"))
SAYS = {"hard": "hard", "soft": "soft", "complaint": "complaint", "none": "none", "delayed": "none"}


@pytest.mark.parametrize("file", REPORTS, ids=lambda file: file.stem)
def test_a_report_says_what_it_says(file: Path) -> None:
    assert verdict(read(file.read_bytes())) == SAYS[file.stem.rpartition("-")[2]]


@pytest.mark.parametrize("file", REPORTS, ids=lambda file: file.stem)
def test_line_ends_of_the_wire_change_nothing(file: Path) -> None:
    wire = file.read_bytes().replace(b"\n", b"\r\n")
    assert verdict(read(wire)) == verdict(read(file.read_bytes()))


def test_a_complaint_names_the_letter_by_its_return_path() -> None:
    file = Path(__file__).parent / "reports" / "arf-complaint.eml"
    assert original_sender(read(file.read_bytes())) == ["mail+x@in.example.org"] * 2


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.2", "", "hard"),
        ("5.2.1", "", "hard"),
        ("5.2.2", "", "soft"),
        ("5.4.4", "", "soft"),
        ("5.7.26", "", "none"),
        ("4.7.0", "", "none"),
        ("4.4.7", "", "soft"),
        ("5.0.0", "smtp; 550 5.7.1 your network is on a list", "none"),
        ("5.0.0", "smtp; 554 Message looks like spam", "none"),
        ("5.0.0", "smtp; 552 mailbox is full", "soft"),
        ("5.0.0", "smtp; 550 unknown", "hard"),
        ("", "smtp; 421 come back later", "soft"),
        ("nonsense", "", "soft"),
    ],
)
def test_a_status_is_about_the_mailbox_or_about_us(status: str, said: str, expected: str) -> None:
    raw = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: {said}\n\n--b--\n"
    )
    assert verdict(read(raw.encode())) == expected
