"""The commands of the public contract. Imports stay inside the commands, so that `channel --help` is instant."""

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def say_and_exit(problem: str) -> NoReturn:
    """One line on standard error, exit code 1."""
    click.echo(f"channel: {problem}", err=True)
    raise SystemExit(1)


def main() -> None:
    """Run a command; what can be expected to go wrong is one line, never a traceback."""
    from channel.errors import ChannelError, Invalid
    from channel.settings import SettingsError

    os.umask(0o077)  # whatever Channel writes is for this user alone
    try:
        cli()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"channel: {problem}", err=True)
        raise SystemExit(1) from None
    except Invalid as error:
        say_and_exit("; ".join(f"{name}: {problem}" for name, problem in error.fields.items()))
    except ChannelError as error:
        say_and_exit(error.detail)
    except BaseExceptionGroup as group:
        expected, rest = group.split(ChannelError)
        if rest is not None or expected is None:
            raise
        say_and_exit(str(_first(expected)))


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="channel", message="%(version)s")
def cli() -> None:
    """A community broadcast channel server.

    Settings come from CHANNEL_* variables or channel.toml; see docs/operating.md.
    """


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    """What is loaded is no garbage: to look for some in the meantime takes a sixth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _address(host: str, port: int) -> str:
    """The public address, where nothing says otherwise: where the server listens."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Start the server. On empty data it prints a one-time set-up link."""
    with _loading():
        from channel import running
        from channel.settings import load

    settings = load(default_url=_address(host, port))
    if workers == 1:
        running.serve(settings, host, port)
    else:
        running.serve_workers(settings, host, port, workers)


@cli.command(hidden=True)
@click.argument("socket_fd", type=int)
@click.argument("line_fd", type=int)
def work(socket_fd: int, line_fd: int) -> None:
    """Be one of the processes that `channel serve --workers` starts."""
    with _loading():
        from channel import running

    try:
        running.work(socket_fd, line_fd)
    except OSError:
        say_and_exit("Only `channel serve --workers N` starts this.")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--seed", default=7, show_default=True, help="Another number gives other followers.")
def demo(host: str, port: int, seed: int) -> None:
    """Start a throw-away server with three lifelike communities, and print sign-in links."""
    with _loading():
        from channel import running
        from channel.settings import load

    running.demo(load(default_url=_address(host, port)), host, port, seed)


@cli.group(context_settings=CONTEXT)
def account() -> None:
    """Make accounts, links and tokens."""


@account.command("create")
@click.argument("handle")
@click.option("--name", required=True, help="Display name.")
@click.option("--email", help="Address for sign-in links.")
@click.option("--admin", is_flag=True, help="May administer the instance.")
def account_create(handle: str, name: str, email: str | None, admin: bool) -> None:
    """Create an account and print its first sign-in link."""
    given = {"handle": handle, "name": name, "email": email, "admin": admin}
    click.echo(_ask("account.create", given)["url"])


@account.command("token")
@click.argument("handle")
@click.option("--scope", "scopes", multiple=True, help="Restrict the token; may be repeated.")
def account_token(handle: str, scopes: tuple[str, ...]) -> None:
    """Print a bearer token for the API, alone on its line. It is shown this once."""
    click.echo(_ask("account.token", {"handle": handle, "scopes": list(scopes)})["token"])


@account.command("link")
@click.argument("handle")
def account_link(handle: str) -> None:
    """Print a fresh one-time sign-in link."""
    click.echo(_ask("account.link", {"handle": handle})["url"])


@account.command("batch")
@click.argument("count", type=click.IntRange(1, 100_000))
@click.option("--community", required=True, help="Handle of the community to follow.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File for the tokens."
)
@click.option("--tier", help="Name of a tier (default: the free one).")
def account_batch(count: int, community: str, out: Path, tier: str | None) -> None:
    """Create COUNT followers with a bearer token each, one a line: for load tests."""
    given = {"count": count, "community": community, "out": str(out.absolute()), "tier": tier}
    made = _ask("account.batch", given, "Creating followers")
    click.echo(f"{made['count']} tokens in {made['out']}")


@cli.command()
def doctor() -> None:
    """Look at everything that promises rest on, and say what to do. Exits 1 when something is broken."""
    findings = _ask("doctor", {})
    for finding in findings:
        sign = {"good": "ok  ", "warn": "note", "bad": "BAD "}[finding["level"]]
        remedy = f"  → {finding['remedy']}" if finding["remedy"] else ""
        click.echo(f"{sign}  {finding['what']}{remedy}")
    if any(finding["level"] == "bad" for finding in findings):
        raise SystemExit(1)


@cli.command()
def migrate() -> None:
    """Bring the data's schema up to date. `channel serve` does the same when it starts."""
    with _loading():
        from channel import running
        from channel.settings import load

    click.echo(running.migrate(load()))


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE, beside a working server, and verify it."""
    made = _ask("backup", {"file": str(file.absolute())}, "Backing up")
    click.echo(f"{made['file']}: {made['bytes']} bytes, verified")
    if made.get("beside"):
        click.echo(f"Not in it: the media in {made['beside']}. Copy the bucket, too.")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE in the place of empty data."""
    with _loading():
        from channel import running
        from channel.settings import load

    restored = running.restore(load(), file.absolute())
    click.echo(
        f"Restored {restored['parts']} parts of version {restored['version']}. Start the server with: channel serve"
    )


@cli.group(context_settings=CONTEXT)
def media() -> None:
    """Look after pictures, sounds, videos and files."""


@media.command("move")
@click.option("--community", required=True, help="Handle of the community.")
@click.option("--to", required=True, type=click.Choice(["local", "s3"]), help="Folder or bucket.")
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
def media_move(community: str, to: str, dry_run: bool) -> None:
    """Move the media of a community to another store, beside a working server.

    Each file is read back and compared before its old copy goes. Stopped at any moment, it goes on when started again.
    """
    given = {"community": community, "to": to, "dry_run": dry_run}
    done = _ask("media.move", given, "Moving")
    said = [f"{'Would move' if dry_run else 'Moved'} {done['files']} files ({done['bytes']} bytes) to {to}"]
    if done["there"]:
        said.append(f"{done['there']} were there")
    if done["kept"]:
        said.append(f"{done['kept']} old copies are still in use: run this again later")
    click.echo("; ".join(said))
    if done["broken"] or done["lost"]:
        say_and_exit(
            f"{done['broken']} files are not what they were and {done['lost']} are nowhere. Put them back from a backup."
        )


@media.command("store")
@click.option("--community", default="", help="Handle of the community; all that have their own without it.")
@click.option("--to", type=click.Choice(["local", "s3", "default"]), help="Folder, bucket, or as the server.")
def media_store(community: str, to: str | None) -> None:
    """Say or choose which store takes what is sent to a community from now on.

    What is there stays where it is, and is read there: channel media move takes it along.
    """
    if to and not community:
        say_and_exit("Name the community: --community HANDLE.")
    told = _ask("media.store", {"community": community, "to": to})
    for handle, store in told["own"]:
        click.echo(f"@{handle}: {store}")
    if not community:
        click.echo(f"{'All others' if told['own'] else 'All'}: {told['server']}, as the server")
    elif not told["own"]:
        click.echo(f"@{community}: {told['server']}, as the server")


@media.command("credentials")
@click.option("--community", default="", help="Handle of the community; all of them without it.")
@click.option("--dry-run", is_flag=True, help="Only say how many are not checked.")
def media_credentials(community: str, dry_run: bool) -> None:
    """Read the content credentials (C2PA) of media that were sent before this server could, beside a working server.

    Where the original was kept. Each is told when it is known: stopped at any moment, it goes on when started again.
    """
    given = {"community": community, "dry_run": dry_run}
    done = _ask("media.credentials", given, "Reading")
    if dry_run:
        click.echo(f"{done['looked']} files are not checked")
        return
    said = [f"Looked at {done['looked']} files; {done['found']} have content credentials"]
    if done["unread"]:
        said.append(f"{done['unread']} could not be read and stay unchecked")
    click.echo("; ".join(said))
    if done["lost"]:
        say_and_exit(
            f"{done['lost']} originals are missing or not what they were. Put them back from a backup."
        )


@cli.group(context_settings=CONTEXT)
def mail() -> None:
    """Sign mail, take it in, and look at what came back."""


@mail.command("receive")
@click.argument("recipient", default="")
def mail_receive(recipient: str) -> None:
    """Take one mail from standard input, for RECIPIENT (of the envelope), and answer as mail servers expect.

    For a pipe or an alias of a mail server: exit 0 when it is taken, 67 when RECIPIENT is none of our addresses, and 75
    whenever it cannot be taken now, so that the mail server keeps it and tries again.
    """
    from channel.incoming.piping import receive
    from channel.settings import load

    def ask(given: dict[str, Any]) -> Any:
        return _ask("mail.receive", given)

    raise SystemExit(receive(recipient, sys.stdin.buffer, ask, lambda: load().data / "scratch"))


@mail.command("dkim")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--kind",
    default="rsa",
    show_default=True,
    type=click.Choice(["rsa", "ed25519"]),
    help="Of a key that is made.",
)
def mail_dkim(file: Path, kind: str) -> None:
    """Make the key that mail is signed with, in FILE, and print what to put into the DNS.

    A key that is there already stays, and is printed again.
    """
    from channel.control import dkim
    from channel.settings import load

    for line in dkim.prepare(load(), file, kind):
        click.echo(line)


@mail.command("paused")
def mail_paused() -> None:
    """List the addresses that get no letters any more, and why."""
    for one in _ask("mail.paused", {}):
        click.echo(f"{one['since']}  {one['why']:<9}  {one['address']}  {one['who']}")


def _ask(verb: str, given: dict[str, Any], title: str = "") -> Any:
    """Through the running server when there is one, else on the data itself."""
    with _loading():
        from channel import running
        from channel.settings import load

    with _progress(title) as progress:
        return running.ask(load(), verb, given, progress)


class _progress:
    """A progress bar, on a terminal only."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        if not self._title or not sys.stderr.isatty():
            return lambda done, total: None
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task(self._title)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
