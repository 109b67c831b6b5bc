"""Mails with attachments, built as mail programs build them."""

from email.message import EmailMessage

from tests.media.sending import photo

COLOURS = (
    "teal",
    "navy",
    "olive",
    "maroon",
    "purple",
    "gray",
    "green",
    "red",
    "blue",
    "yellow",
    "black",
    "white",
)


def mail(
    text: str = "Fresh from the kiln.", *, name: str = "1", subject: str = "Kiln", to: str = ""
) -> EmailMessage:
    """One without pictures yet."""
    made = EmailMessage()
    made["From"] = "Anna <anna@work.example>"
    made["To"] = to or "x@in.example.org"
    made["Subject"] = subject
    made["Message-ID"] = f"<{name}@work.example>"
    if text:
        made.set_content(text)
    return made


def attach(
    made: EmailMessage, content: bytes, name: str, kind: str = "image/png", how: str = "attachment"
) -> None:
    main, _, sub = kind.partition("/")
    made.add_attachment(content, maintype=main, subtype=sub, filename=name, disposition=how)


def with_pictures(many: int, **more: str) -> EmailMessage:
    """Each of another colour, named 1.png, 2.png …"""
    made = mail(**more)
    for number, colour in enumerate(COLOURS[:many], 1):
        attach(made, photo(colour=colour), f"{number}.png")
    return made


def sent(made: EmailMessage) -> bytes:
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
