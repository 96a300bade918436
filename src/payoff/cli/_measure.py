"""payoff measure: run a command and keep what it used. Standard library only, so that it starts in a moment."""

from __future__ import annotations

import argparse
import contextlib
import sys

from payoff.errors import PayoffError
from payoff.facts import grid
from payoff.meter import (
    CommandNotStarted,
    Outcome,
    Plan,
    default_name,
    die_by,
    goes_on,
    redact,
    resumable,
    run_command,
    surroundings,
)
from payoff.model import Budget, Objective
from payoff.quantities import Estimate
from payoff.units import parse

OK, FAILED, USAGE, STOPPED = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    """The options of the verb."""
    p = argparse.ArgumentParser(
        prog="payoff measure",
        usage="payoff measure [OPTIONS] -- COMMAND [ARGUMENTS]",
        description="Run a command in any language and keep what it used: time, energy, carbon, cost.",
        epilog='The command reports its quality by appending lines like {"step": 3, "accuracy": 0.91} to the file '
        "$PAYOFF_REPORT. The exit code is the command's own; 3 when the budget stopped it.",
        allow_abbrev=False,
    )
    p.add_argument("--name", help="what to call the run [the script's name]")
    p.add_argument("--project", default="", help="the project it belongs to [the folder's name]")
    p.add_argument("--quality", metavar="METRIC", help="the metric you care about: accuracy, min:loss, accuracy=0.98")
    p.add_argument("--region", help="where the machine stands: FR, US-CA, aws:eu-west-3")
    p.add_argument(
        "--budget",
        action="append",
        default=[],
        help="stop it at this much: '0.5 kWh', '200 gCO2e', '2 h', '$5'; may be repeated",
    )
    p.add_argument(
        "--grace",
        default="30 s",
        metavar="TIME",
        help="how long it may take to end when its budget is spent, before it is killed [30 s]",
    )
    p.add_argument(
        "--steps",
        type=float,
        metavar="N",
        help="how many steps it will report: lets payoff predict what the whole run will use",
    )
    p.add_argument(
        "--resume",
        metavar="RUN",
        help="go on with this run and its budget: a number, a name, 'last' or the beginning of an id",
    )
    p.add_argument(
        "--scope",
        choices=("job", "machine"),
        default="job",
        help="book the job's share of the machine, or all of it [job]",
    )
    p.add_argument("--tag", action="append", default=[], help="a word to find the run by; may be repeated")
    p.add_argument("--ledger", metavar="PATH|URL", help="where to keep the run")
    p.add_argument("--quiet", action="store_true", help="no summary on standard error")
    p.add_argument("--debug", action="store_true", help="show the traceback of an error")
    p.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return p


def measure(words: list[str]) -> int:
    """Run the verb; the exit code is the command's own."""
    options = parser().parse_args(words)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    try:
        plan = _plan(options, command)
        if plan.resume and not options.quiet:
            _say(goes_on(plan.resume))
        outcome = run_command(command, plan, grace_s=parse(options.grace, "duration"), tell=_say)
    except CommandNotStarted as error:
        _say(str(error))
        return error.exit_code
    except PayoffError as error:
        if options.debug:
            raise
        _say(str(error))
        return USAGE
    if not options.quiet:
        _say(summary(plan, outcome))
        if outcome.recording.hint:
            _say(outcome.recording.hint)
    return _end_like(outcome)


def _plan(options: argparse.Namespace, command: list[str]) -> Plan:
    if not command:
        parser().error("it needs a command; for example: payoff measure -- python train.py")
    if options.region:
        grid(options.region)
    budget = Budget.parse(*options.budget) if options.budget else None
    return Plan(
        name=options.name or default_name(command),
        project=options.project,
        objective=Objective.parse(options.quality) if options.quality else None,
        tags=tuple(options.tag),
        command=tuple(redact(command)),
        inside=surroundings(),
        region=options.region,
        steps=options.steps,
        scope=options.scope,
        resume=resumable(options.resume, options.ledger, budget) if options.resume else None,
        budget=budget,
        ledger=options.ledger,
    )


def summary(plan: Plan, outcome: Outcome) -> str:
    """One line: what it was, how long it took, what it used and how sure that is."""
    used = outcome.footprint
    name = plan.resume.name if plan.resume else plan.name
    parts = [name if outcome.state == "completed" else f"{name} {outcome.state}"]
    for figure, dimension in (
        (used.duration_s, "duration"),
        (used.energy_j, "energy"),
        (used.emissions_kg, "emissions"),
    ):
        if figure is not None:
            parts.append(figure.tell(dimension))
            if dimension == "energy":
                parts[-1] += f" {evidence(figure)}"
    return "  ".join([*parts, f"kept in {outcome.recording.place}"])


def evidence(figure: Estimate) -> str:
    """'measured', or 'measured 92 %, modelled 8 %'."""
    if len(figure.basis) == 1:
        return next(iter(figure.basis))
    return ", ".join(f"{kind} {share:.0%}".replace("%", " %") for kind, share in figure.basis.items())


def _end_like(outcome: Outcome) -> int:
    """The command's exit code; for one that a signal killed, end by the same signal, as a shell expects."""
    if outcome.state == "stopped":
        return STOPPED
    if outcome.exit_code >= 0:
        return (outcome.exit_code ^ 1 << 31) - (1 << 31)  # those of Windows have 32 bits, here one is the sign
    number = -outcome.exit_code
    die_by(number)
    return 128 + number


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            print(f"payoff: {sentence}", file=sys.stderr, flush=True)
