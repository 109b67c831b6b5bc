"""Forms as people fill them in: what was typed is kept, what is wrong stands beside its field."""

import re
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from channel.errors import Invalid

MAX_FIELDS = 100
MAX_FIELD_BYTES = 64 * 1024
_WHOLE = re.compile(r"-?[0-9]{1,15}")  # str.isdigit would take ² for a number, which int does not


@dataclass(slots=True)
class Form:
    """What templates print: `values` and `problems` by field name; problems[""] is about the whole form."""

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What was typed, as it was typed; "" when the field is not there."""
        return self.values.get(name, "")

    def line(self, name: str) -> str:
        """What was typed, without spaces around it."""
        return self.text(name).strip()

    def on(self, name: str) -> bool:
        """A ticked box."""
        return bool(self.text(name))

    def number(self, name: str) -> int | None:
        """A whole number, None when empty. Raises Invalid naming the field."""
        typed = self.line(name)
        if not typed:
            return None
        if not _WHOLE.fullmatch(typed):
            raise Invalid({name: "Write a whole number."})
        return int(typed)

    def wrong(self, error: Invalid) -> "Form":
        """This form with the problems of `error` beside its fields."""
        self.problems = dict(error.fields)
        return self


async def read_form(request: Request) -> Form:
    """Parse the body of a form post. Raises Invalid for files, too many fields or what is no form."""
    try:
        data = await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except (MultiPartException, ValueError) as error:
        raise Invalid({"": "This form could not be read. Go back and try again."}) from error
    return _plain(data)


def _plain(data: FormData) -> Form:
    form = Form()
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            raise Invalid({name: "Files cannot be sent here."})
        form.values[name] = value
        form.lists.setdefault(name, []).append(value)
    return form


def local_path(path: str, default: str = "/") -> str:
    """A path of this site to go on to; anything that could lead elsewhere becomes `default`."""
    safe = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if safe and len(path) <= 500 else default
