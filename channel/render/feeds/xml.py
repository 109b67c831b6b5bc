"""Elements of XML 1.0, put together by the library: no text is ever pasted between tags."""

import re
from collections.abc import Mapping
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from channel.render.formats import moment

# All that is no character of XML 1.0 (section 2.2), which no escape can bring in: a reader would refuse the whole feed.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what no XML may hold."""
    return _NO_CHARACTER.sub("", text)


def root(tag: str, attributes: Mapping[str, str]) -> Element:
    """The outermost element; namespaces stand in its attributes."""
    return Element(tag, dict(attributes))


def add(parent: Element, tag: str, content: str = "", /, **attributes: str) -> Element:
    """One more child."""
    named = {name: clean(value) for name, value in attributes.items()}
    made = SubElement(parent, tag, named)
    if content:
        made.text = clean(content)
    return made


def document(top: Element) -> bytes:
    """UTF-8, with its declaration."""
    printed: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return printed


def rfc822(epoch_ms: int) -> str:
    """A moment as RSS writes it."""
    return format_datetime(moment(epoch_ms), usegmt=True)
