"""What is left of a mail once quotations, signatures and adverts are cut off."""

import pytest

from channel.incoming import words
from channel.incoming.reading import read

ANSWERS = {
    "alone": ("Lovely bowl!", "Lovely bowl!"),
    "gmail": ("Lovely!\n\nOn Sat, 28 Nov 2026 at 10:00, Channel <h@e.org> wrote:\n\n> The kiln is hot.\n> Come.", "Lovely!"),
    "gmail, broken line": ("Lovely!\n\nOn Sat, 28 Nov 2026 at 10:00, Channel Of All Pots <h@e.org>\nwrote:\n\n> Hot.", "Lovely!"),
    "german": ("Schön!\n\nAm 28.11.2026 um 10:00 schrieb Channel:\n> Der Ofen ist heiß.", "Schön!"),
    "apple, german": ("Schön!\n\nAm 28.11.2026 um 10:00 schrieb Channel <h@e.org>:\n\n> Heiß\n\nVon meinem iPhone gesendet", "Schön!"),
    "outlook": ("Lovely!\n\nFrom: Channel <h@e.org>\nSent: Saturday\nTo: Bob\nSubject: Kiln\n\nThe kiln is hot.", "Lovely!"),
    "outlook, german": ("Schön!\n\nVon: Channel\nGesendet: Samstag\nAn: Bob\nBetreff: Ofen\n\nHeiß.", "Schön!"),
    "divider": ("Lovely!\n\n-----Original Message-----\nThe kiln is hot.", "Lovely!"),
    "signature": ("Lovely!\n\n-- \nBob\nTel. 1", "Lovely!"),
    "phone": ("Lovely!\n\nSent from my iPhone", "Lovely!"),
    "below": ("> The kiln is hot.\n\nHow hot?", "How hot?"),
    "in between": ("> The kiln is hot.\nHow hot?\n> Come.\nWhen?", "How hot?\nWhen?"),
    "only a quotation": ("On Saturday, Channel wrote:\n> The kiln is hot.", ""),
    "a rule of dashes": ("First\n\n---\n\nSecond", "First\n\n---\n\nSecond"),
    "on as a word": ("On Monday I wrote: nothing at all", "On Monday I wrote: nothing at all"),
    "from as a word": ("From: my heart\nthank you", "From: my heart\nthank you"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_only_the_answer_stays(name: str) -> None:
    mail, answer = ANSWERS[name]
    assert words.answer(mail) == answer
    assert words.answer(mail.replace("\n", "\r\n")) == answer


def test_html_becomes_text_without_quotations_and_scripts() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><div dir=ltr>Lovely &amp; warm!<br>Yes.</div>"
        '<script>alert(1)</script><div class="gmail_quote">On … wrote:<blockquote>Hot</blockquote></div></body></html>'
    )
    raw = f"Content-Type: text/html; charset=utf-8\n\n{html}".encode()
    assert words.said(read(raw)) == "Lovely & warm!\nYes."


def test_plain_words_come_before_html_and_attachments_do_not_count() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n"
        b"--c\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nSch=F6n\n"
        b"--c\nContent-Type: text/html\n\n<p>other</p>\n--c--\n"
        b"--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nattached\n--b--\n"
    )
    assert words.said(read(raw)) == "Schön"
