"""payoff prometheus: the running and recent runs for Prometheus, as a page to scrape or as a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

from payoff.cli._options import ledger_option, opened
from payoff.integrations.prometheus import LOOPBACK, PORT, RECENT_S, Exporter, Server
from payoff.units import parse


def _seconds(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    return None if text is None else parse(text, "duration")


@click.command()
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where to serve the page; 0 for any free port.",
)
@click.option(
    "--host",
    default=LOOPBACK[0],
    show_default=True,
    help="The address to listen at; others than the loopback need a token.",
)
@click.option(
    "--token",
    default="",
    envvar="PAYOFF_METRICS_TOKEN",
    help="What a scraper must send as 'Authorization: Bearer TOKEN'; from PAYOFF_METRICS_TOKEN by default.",
)
@click.option(
    "--textfile",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Serve nothing: write the page to this folder, or file ending with .prom.",
)
@click.option(
    "--every", callback=_seconds, metavar="DURATION", help="Write the file again and again, for example every '15 s'."
)
@click.option(
    "--recent",
    default=f"{RECENT_S / 60:.0f} min",
    show_default=True,
    callback=_seconds,
    metavar="DURATION",
    help="How long runs that have ended are still shown.",
)
@ledger_option
def prometheus(
    *, port: int, host: str, token: str, textfile: Path | None, every: float | None, recent: float, where: str | None
) -> None:
    """Give the running and recent runs to Prometheus: a page on the loopback, or a file for the node exporter."""
    if textfile:
        _write(textfile, every, Exporter(recent), where)
        return
    if every is not None:
        raise click.UsageError("--every goes with --textfile: a page is made anew at each scrape")
    try:
        server = Server(lambda: opened(where), Exporter(recent), host=host, port=port, token=token)
    except OSError as error:
        reason = f"cannot listen at {host}:{port} ({error.strerror}); choose another with --port"
        raise click.ClickException(reason) from error
    with server:
        click.echo(f"payoff: serving {server.url}; end with Ctrl-C", err=True)
        _until_interrupted(server.serve_forever)


def _write(path: Path, every: float | None, exporter: Exporter, where: str | None) -> None:
    def once() -> None:
        with opened(where) as ledger:
            try:
                exporter.write(ledger, path)
            except OSError as error:
                reason = f"cannot write {path} ({error.strerror}); name a folder that can be written to"
                raise click.ClickException(reason) from error

    def again() -> None:
        while True:
            once()
            time.sleep(every or 0.0)

    _until_interrupted(once if every is None else again)


def _until_interrupted(work: Callable[[], None]) -> None:
    try:
        work()
    except KeyboardInterrupt:
        click.echo("payoff: ended", err=True)
