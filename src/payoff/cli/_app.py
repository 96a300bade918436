"""The command line: finds a verb, loads its file, and turns errors into a sentence and an exit code."""

from __future__ import annotations

import difflib
import io
import sys
from importlib import import_module

import click

from payoff import __version__
from payoff.errors import InvalidValue, PayoffError, UnknownName

OK, FAILED, USAGE, STOPPED = 0, 1, 2, 3
VERBS = {
    "calibrate": "Fit this machine's idle and full watts to a wall meter.",
    "demo": "Train three small models and see what the last tenth of a per cent costs.",
    "doctor": "What can be measured here, and the exact line that unlocks more.",
    "estimate": "What a training will use, before it runs; why published answers differ.",
    "facts": "What the world says: accelerators, grids, prices, published models; refresh them.",
    "ledger": "Export, import, merge, verify, rebuild the ledger; forget a run.",
    "measure": "Run a command in any language and keep what it used.",
    "prometheus": "The running and recent runs for Prometheus: a page to scrape, or a file.",
    "runs": "The runs in the ledger: quality, energy, carbon, cost, time, how sure.",
    "scale": "What more training, data or size would bring, and where returns diminish.",
    "show": "One run: figures with intervals, what was measured, its trace.",
    "trends": "How what models take has grown, and whether it can just keep growing.",
    "watch": "What the machine and its runs use now.",
}
"""Every verb and its one line of help, so that a list of them loads none of them."""


class Verbs(click.Group):
    """Loads a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        if cmd_name == "measure":
            return _measure_for_help()
        command = getattr(import_module(f"payoff.cli._{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that was typed, or a usage error that offers what comes nearest."""
        if args and args[0] not in VERBS:
            nearest = difflib.get_close_matches(args[0], VERBS, n=2)
            meant = f"did you mean {' or '.join(nearest)}?" if nearest else f"the verbs are {', '.join(VERBS)}"
            raise click.UsageError(f"unknown verb {args[0]!r}; {meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without loading any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="payoff")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def payoff(debug: bool) -> None:
    """payoff: what does the next kilowatt-hour buy?"""


def app(words: list[str]) -> None:
    """Run the command line; ends the process with the exit code."""
    debug = "--debug" in words
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")  # Windows gives a pipe an encoding that lacks ✓ and ≥
    try:
        result = payoff.main([word for word in words if word != "--debug"], prog_name="payoff", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code: int = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except PayoffError as error:
        if debug:
            raise
        click.echo(f"payoff: {error}", err=True)
        code = USAGE if isinstance(error, InvalidValue | UnknownName) else FAILED
    except Exception as error:
        if debug:
            raise
        click.echo(f"payoff: this should not happen ({type(error).__name__}: {error}); --debug shows where", err=True)
        code = FAILED
    else:
        code = result if isinstance(result, int) else OK
    sys.exit(code)


def _measure_for_help() -> click.Command:
    """`measure` as click sees it: its options are argparse's, so that the verb itself never loads click."""
    from payoff.cli._measure import measure, parser

    options = [
        click.Option(
            [*action.option_strings],
            help=action.help,
            is_flag=action.nargs == 0,
            metavar=action.metavar if isinstance(action.metavar, str) else None,
        )
        for action in parser()._actions
        if action.option_strings and "--help" not in action.option_strings
    ]
    words = click.Argument(["command"], nargs=-1, required=True)
    return click.Command(
        "measure",
        params=[*options, words],
        help=parser().description,
        epilog=parser().epilog,
        callback=lambda **_: measure(sys.argv[2:]),
    )
