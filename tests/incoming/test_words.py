"""What is left of a mail once quotations, signatures and adverts are cut off."""

import pytest

from channel.incoming import words
from channel.incoming.reading import read

SITE = "https://channel.example.org"
LONG = "Ein Töpferkanal mit einem Namen\nder so lang ist dass ein Mailprogramm ihn über mehrere Zeilen bricht"
BROKEN = "Das hätte ich nie gedacht, und ich wüsste wirklich gern wie heiß denn"
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
    "gmail, a long name": (f"Lovely!\n\nOn Sat, Nov 28, 2026 at 10:00 AM {LONG}\n<h@e.org> wrote:\n\n> Hot.", "Lovely!"),
    "gmail, a long name without marks": (f"Lovely!\n\nOn Sat, Nov 28, 2026 {LONG}\n<h@e.org> wrote:\n\nHot.", "Lovely!"),
    "gmail, german, within the address": (f"Schön!\n\nAm Sa., 28. Nov. 2026 um 10:00 Uhr schrieb {LONG} <\nh@e.org>:\n\n> Heiß.", "Schön!"),
    "gmail, german phone": ("Schön!\n\nPots <h@e.org> schrieb am Sa., 28. Nov. 2026, 10:00:\n\nHeiß.", "Schön!"),
    "proton, german": ("Schön!\n\nGesendet mit Proton Mail sicherer E-Mail.\n\nPots <h@e.org> schrieb am Samstag um 10:00:\n\n> Heiß.", "Schön!"),
    "yahoo, german": ("Schön!\n\n    Am Samstag, 28. November 2026 um 10:00:00 MEZ hat Pots <h@e.org> Folgendes geschrieben:  \n \n Heiß.", "Schön!"),
    "yahoo, german phone": ("Schön!\n\nGesendet von Yahoo Mail auf Android\n\nAm Sa., Nov. 28, 2026 at 10:00 schrieb Pots<h@e.org>: Heiß.", "Schön!"),
    "gmx": ("Schön!\n\nGesendet: Samstag, 28. November 2026 um 10:00 Uhr\nVon: Pots <h@e.org>\nAn: bob@e.org\nBetreff: Ofen\nHeiß.", "Schön!"),
    "telekom": ("Schön!\n\nGesendet mit der Telekom Mail App\n\n--- Original-Nachricht ---\nVon: Pots\n\nHeiß.", "Schön!"),
    "outlook, german phone": ("Schön!\n\nOutlook für iOS<https://aka.ms/o0ukef> beziehen\n________________________________\nVon: Pots", "Schön!"),
    "windows": ("Schön!\n\nGesendet von Mail für Windows\n\nVon: Pots\nGesendet: Samstag\nAn: Bob\nBetreff: Ofen\n\nHeiß.", "Schön!"),
    "telling what somebody wrote": ("On the train I read this and wrote:\n\nHow hot?", "On the train I read this and wrote:\n\nHow hot?"),
    "lines that the program broke": (f"{BROKEN}\nder Ofen bei euch in der Werkstatt ist?\nBob", f"{BROKEN} der Ofen bei euch in der Werkstatt ist?\nBob"),
    "lines that their writer broke": ("Rosen sind rot,\nVeilchen sind blau,\nund deine Vase ist es auch.", "Rosen sind rot,\nVeilchen sind blau,\nund deine Vase ist es auch."),
    "a list": (f"{BROKEN}\n- eins\n- zwei", f"{BROKEN}\n- eins\n- zwei"),
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
    assert words.said(read(raw), SITE) == "Lovely & warm!\nYes."


def test_plain_words_come_before_html_and_attachments_do_not_count() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n"
        b"--c\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nSch=F6n\n"
        b"--c\nContent-Type: text/html\n\n<p>other</p>\n--c--\n"
        b"--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nattached\n--b--\n"
    )
    assert words.said(read(raw), SITE) == "Schön"


def test_what_is_said_to_flow_stands_in_the_lines_of_its_writer() -> None:
    head = b"Content-Type: text/plain; charset=utf-8; format=flowed"
    text = "How hot is \nit there?\n From here\n>> Hot. \n>> Come.\n> Yes. \nAnd when?\n-- \nBob"
    assert (
        words.said(read(head + b"\n\n" + text.encode()), SITE) == "How hot is it there?\nFrom here\nAnd when?"
    )
    assert words.said(read(head + b"; delsp=yes\n\nWerk \nstatt"), SITE) == "Werkstatt"


def test_spaces_that_do_not_break_part_words_and_joined_emoji_stay_joined() -> None:
    text = "Hallo\u00a0Anna um 10:00\u202fUhr, \U0001f468\u200d\U0001f467\u2028\u202eZeile"
    mail = read(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode())
    assert words.said(mail, SITE) == "Hallo Anna um 10:00 Uhr, \U0001f468\u200d\U0001f467\nZeile"


@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "windows-1252"])
def test_windows_letters_under_another_name_are_read_as_what_they_are(charset: str) -> None:
    mail = read(
        f"Content-Type: text/plain; charset={charset}\n\n".encode() + "„Schön“ für 5 €".encode("cp1252")
    )
    assert words.said(mail, SITE) == "„Schön“ für 5 €"


def test_the_sealed_links_of_a_letter_are_never_part_of_an_answer() -> None:
    quoted = f"Schön!\n\nPots meint dies hier\nHeiß.\nFewer letters, or none<{SITE}/notices/off/AaIu_d2>\n\n{SITE}/@anna/news/5"
    mail = read(b"Content-Type: text/plain; charset=utf-8\n\n" + quoted.encode())
    assert (
        words.said(mail, SITE)
        == f"Schön!\n\nPots meint dies hier\nHeiß.\nFewer letters, or none…\n\n{SITE}/@anna/news/5"
    )
