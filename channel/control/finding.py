"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty when there is nothing to do."""

    level: Level
    what: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"level": self.level, "what": self.what, "remedy": self.remedy}
