"""`channel demo` as somebody would start it, and the keys to it: a session cookie for each of its three people."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2

from tests.faults.process import ROOT, ServerProcess

Who = Literal["guest", "creator", "paying", "free", "unset"]
WHO_BY_LABEL: dict[str, Who] = {"Creator": "creator", "Paying": "paying", "Free": "free"}
LINK = re.compile(r"^  (\w+)[^:]*: (http\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it runs, who is who (session cookies), and an empty server beside it that nobody has set up."""

    url: str
    cookies: dict[Who, str]
    empty_url: str
    setup_url: str
    sign_in_url: str  # an unused sign-in link of the empty server

    def client(self, who: Who) -> httpx2.Client:
        """A client that is signed in as one of them."""
        cookies = {"channel": self.cookies[who]} if who in self.cookies else {}
        return httpx2.Client(
            base_url=self.url, cookies=cookies, headers={"origin": self.url}, trust_env=False
        )


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """The demo on a free port, for as long as the context lasts. `folder` holds its log and the empty server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHANNEL_")}
    command = [sys.executable, "-m", "channel", "demo", "--port", "0"]
    with (folder / "demo.log").open("wb") as log, ServerProcess(folder) as empty:
        empty.start()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT), "CHANNEL_LIMIT_SCALE": "1000"},
        )  # fmt: skip
        try:
            said = _said(process)
            url = said.rpartition("The demo is at ")[2].split(";")[0]
            cookies = {WHO_BY_LABEL[label]: _sign_in(link) for label, link in LINK.findall(said)}
            empty.wait_ready()
            link = empty.asked("account.create", handle="lene", name="Lene")["url"]
            yield Demo(url, cookies, empty.url, empty.setup_link(), link)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _said(process: "subprocess.Popen[str]") -> str:
    """What it prints until it serves."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if line.startswith("The demo is at"):
            return said
    raise AssertionError(f"the demo ended by itself; it said: {said}")


def _sign_in(link: str) -> str:
    """Press the button of a sign-in link; return the session's cookie."""
    answer = httpx2.post(link, trust_env=False)
    assert answer.status_code == 303, f"{link} answered {answer.status_code}"
    return answer.cookies["channel"]
