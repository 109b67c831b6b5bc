"""An address as a QR code."""

import io


def svg(url: str) -> str:
    """An SVG that scales to its box, dark on white whatever the theme (readers expect it), without inline styles.

    Level M: a print survives a scratch. The quiet zone of four modules is part of the picture. Good inside a page and
    as a file.
    """
    import segno  # most servers draw none for days

    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        drawn, kind="svg", omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None,
        xmldecl=False, nl=False,
    )  # fmt: skip
    return drawn.getvalue().decode()


def png(url: str, pixels: int) -> bytes:
    """The same as a picture for programs that take no SVG; `pixels`: of each module."""
    import segno

    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(drawn, kind="png", scale=pixels, border=4)
    return drawn.getvalue()
