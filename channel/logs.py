"""Logs: a line each, as text for people or as JSON for machines. No secrets, no addresses, no query strings."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


def facts(event: str, **known: Any) -> dict[str, Any]:
    """What a machine reads of a line beside its text: `log.info("…", extra=facts("live.cut", code=4008))`."""
    return {"facts": {"event": event, **known}}


class JsonLines(logging.Formatter):
    """One JSON object a line; what `facts` gave stands in it under its own names."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "name": record.name,
            "text": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """For people: of what stands in `facts`, the stream, which the text does not say."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        stream = getattr(record, "facts", {}).get("stream")
        return super().formatMessage(record) + (f" ({stream})" if stream else "")


def set_up_logging(form: str) -> None:
    """Send everything to standard error in `form` (text or json)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("uvicorn.access", "uvicorn.error", "sqlalchemy", "aiosqlite", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_says_more)


def _says_more(record: logging.LogRecord) -> bool:
    """Why the server did not start is said in one line of our own."""
    return "startup failed" not in record.getMessage()
