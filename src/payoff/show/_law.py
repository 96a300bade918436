"""A scaling law in two variables: its numbers, its back-test, what a budget is best spent on, the next run to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.quantities import Estimate
from payoff.units import show, significant

if TYPE_CHECKING:
    from payoff.predict.curves import Allocation, Law, NextRuns

SHOWN_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class LawReport:
    """A law fitted to a table of runs, with the answers that were asked of it."""

    law: Law
    table: str
    asked: str = ""
    allocation: Allocation | None = None
    next_runs: NextRuns | None = None

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        law, check = self.law, self.law.check
        return {
            "schema": "payoff.law/1",
            "table": self.table,
            "runs": len(law.points),
            "form": law.form.name,
            "formula": f"L = {law.form.formula}",
            "source": law.form.source,
            "objective": law.objective,
            "noise": law.noise,
            "resamples": law.resamples,
            "seed": law.seed,
            "parameters": {
                name: {**estimate.to_json(), "standard_error": law.standard_errors[name]}
                for name, estimate in law.parameters.items()
            },
            "check": {
                "largest_flop": check.largest,
                "reach_flop": check.reach,
                "sound": check.sound,
                "tests": [
                    {
                        "factor": test.factor,
                        "fitted_on": test.fitted_on,
                        "asked": test.asked,
                        "error": test.error,
                        "bias": test.bias,
                        "trusted": test.trusted,
                    }
                    for test in check.tests
                ],
            },
            "doubts": list(law.doubts),
            "asked": self.asked or None,
            "allocation": None if self.allocation is None else _allocation_to_json(self.allocation),
            "next_runs": None if self.next_runs is None else _next_to_json(self.next_runs),
            "words": self._words(),
        }

    def __rich__(self) -> RenderableType:
        law = self.law
        parts: list[RenderableType] = [
            Text.assemble((self.table, "bold"), f"  {len(law.points)} runs follow"),
            Text(f"L = {law.form.formula}"),
            Text(law.form.source, style="dim"),
            Text(),
            self.numbers(),
            Text(),
            self.back_test(),
        ]
        if self.allocation is not None:
            parts += [Text(), Text(f"best use of {self.asked}", style="bold"), self.best(self.allocation)]
            parts += [Text(assumed(self.allocation), style="dim")]
        if self.next_runs is not None:
            parts += [Text(), *self.next(self.next_runs)]
        return Group(*parts, Text(), Text(self._words()))

    def _words(self) -> str:
        said = [self.law.tell(), *([self.allocation.tell()] if self.allocation else [])]
        if self.next_runs is not None:
            best = self.next_runs.best
            size, tokens = show(best.n, "count"), show(best.d, "count")
            said.append(f"The run to do next has {size} parameters and {tokens} tokens.")
        return " ".join(said)

    def numbers(self) -> RenderableType:
        """The numbers of the form with their intervals."""
        table = _table("", "value", "90 % interval", "standard error")
        for name, estimate in self.law.parameters.items():
            error = significant(self.law.standard_errors[name], 2)
            table.add_row(name, significant(estimate.value, 5), _interval(estimate), error)
        table.add_row("noise", f"{100 * self.law.noise:.2g} %", "", "")
        return table

    def back_test(self) -> RenderableType:
        """What the smaller runs predicted of the larger."""
        tests = self.law.check.tests
        if not tests:
            return Text(self.law.check.tell())
        table = _table("back-test: runs with", "fitted to", "asked", "mean error", "bias", "")
        for test in tests:
            verdict = "" if test.trusted else "fails"
            row = (f"{test.fitted_on}", f"{test.asked}", f"{100 * test.error:.2g} %", f"{100 * test.bias:+.2g} %")
            table.add_row(f"up to {significant(test.factor, 2)} x compute", *row, verdict)
        return table

    def best(self, best: Allocation) -> RenderableType:
        """The optimum, the region as good as it, and what it takes."""
        table = _table("", "best (90 % interval)", f"as good within {100 * best.region.slack:.2g} %")
        table.add_row("parameters", best.n.tell("count"), _range(best.region.n))
        table.add_row("tokens", best.d.tell("count"), _range(best.region.d))
        table.add_row("tokens per parameter", significant(best.d.value / best.n.value, 3), "")
        table.add_row("loss", f"{significant(best.loss.value, 4)} ({_interval(best.loss)})", "")
        table.add_row("training", show(best.compute.value, "flop"), "")
        if best.serving_flop.value:
            table.add_row("serving", show(best.serving_flop.value, "flop"), "")
        table.add_row("device time", show(best.device_s.value, "device time"), "")
        table.add_row("energy", best.energy_j.tell("energy"), "")
        if best.cost_usd is not None:
            table.add_row("cost", best.cost_usd.tell("cost"), "")
        return table

    def next(self, ranked: NextRuns) -> list[RenderableType]:
        """The candidates from the best on."""
        n, d = ranked.target
        aim = f"{show(n, 'count')} parameters on {show(d, 'count')} tokens"
        heading = Text(f"the run to do next, to predict {aim}", style="bold")
        table = _table("", "parameters", "tokens", "FLOP" if ranked.in_flop else "cost", "error at target", "merit")
        table.add_row("now", "", "", "", f"± {100 * ranked.sure_now:.3g} %", "")
        for place, run in enumerate(ranked.runs[:SHOWN_CANDIDATES], 1):
            sizes = show(run.n, "count"), show(run.d, "count"), significant(run.cost, 3)
            table.add_row(f"{place}", *sizes, f"± {100 * run.sure:.3g} %", f"{run.merit:.2g}")
        left = len(ranked) - SHOWN_CANDIDATES
        note = "merit: the fall of the squared error per unit of cost, as a share of the best"
        more = f"and {left} more (--json has them all); " if left > 0 else ""
        return [heading, table, Text(more + note, style="dim")]


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _interval(estimate: Estimate) -> str:
    low, high = significant(estimate.low, 4), significant(estimate.high, 4)
    return f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"


def _range(ends: tuple[float, float]) -> str:
    return " to ".join(show(end, "count", digits=2) for end in ends)


def assumed(best: Allocation) -> str:
    """What the costs of an answer rest on."""
    terms = best.terms
    said = f"assumed: {show(terms.flop_per_device_s, 'flop')}/s a device at {show(terms.utilisation, 'share')}"
    if terms.inference_tokens and terms.inference_utilisation:
        said += f" ({show(terms.inference_utilisation, 'share')} in serving)"
    said += f", {show(terms.device_w, 'power')}, PUE {terms.pue:g}"
    if terms.price is not None:
        said += f", {show(terms.price * 3600, 'cost')}/device-hour"
    return said


def _allocation_to_json(best: Allocation) -> dict[str, Any]:
    terms = best.terms
    return {
        "n": best.n.to_json(),
        "d": best.d.to_json(),
        "loss": best.loss.to_json(),
        "training_flop": best.compute.to_json(),
        "serving_flop": best.serving_flop.to_json(),
        "device_s": best.device_s.to_json(),
        "energy_j": best.energy_j.to_json(),
        "cost_usd": None if best.cost_usd is None else best.cost_usd.to_json(),
        "region": {"n": list(best.region.n), "d": list(best.region.d), "slack": best.region.slack},
        "terms": {
            "price_usd_per_device_s": terms.price,
            "flop_per_device_s": terms.flop_per_device_s,
            "utilisation": terms.utilisation,
            "inference_utilisation": terms.inference_utilisation,
            "device_w": terms.device_w,
            "pue": terms.pue,
            "inference_tokens": terms.inference_tokens,
        },
        "caveats": list(best.caveats),
    }


def _next_to_json(ranked: NextRuns) -> dict[str, Any]:
    return {
        "target": {"n": ranked.target[0], "d": ranked.target[1]},
        "error_now": ranked.sure_now,
        "cost_in": "FLOP" if ranked.in_flop else "as given",
        "candidates": [
            {
                "candidate": run.candidate,
                "n": run.n,
                "d": run.d,
                "cost": run.cost,
                "error": run.sure,
                "gain": run.gain,
                "merit": run.merit,
            }
            for run in ranked
        ],
    }
