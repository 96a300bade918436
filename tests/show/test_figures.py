"""A figure shows the numbers of its result, whole, and says where that cannot say."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import payoff
from payoff import Curve, Law, fit_curve, fit_curves, fit_law
from payoff.errors import InvalidValue, MissingExtra, UnknownName
from payoff.show.figures import Axis
from payoff.show.looks import LOOKS, look_of
from payoff.units import significant
from tests.predict.laws import runs

X = np.geomspace(1000, 128_000, 8)


def error(x: np.ndarray, noise: float = 0.0) -> np.ndarray:
    return np.asarray((0.03 + 3.2 * x**-0.45) * np.exp(noise * np.random.default_rng(3).normal(size=len(x))))


@pytest.fixture(scope="module")
def curve() -> Curve:
    return fit_curve(X, error(X, 0.02))


@pytest.fixture(scope="module")
def law() -> Law:
    return fit_law(*runs(60, noise=0.004), resamples=100)


def traces(figure: Any, name: str | None, axis: str | None = None) -> list[Any]:
    """The traces of a name, or those of an axis."""
    return [t for t in figure.data if (name is None or t.name == name) and (axis is None or t.yaxis == axis)]


def test_the_middle_and_the_bands_are_what_is_predicted(curve: Curve) -> None:
    figure = curve.plot(to=1e6)
    (middle,) = traces(figure, "predicted")
    assert middle.x[-1] == 1e6
    assert (middle.y == curve.predict(middle.x).mid).all()
    for name, level in (("80 %", 0.8), ("90 %", 0.9)):
        low, high = traces(figure, name)
        _, lows, highs = curve.predict(low.x, level)
        assert (low.y == lows).all() and (high.y == highs).all() and high.fill == "tonexty"


def test_a_level_of_ninety_has_one_band(curve: Curve) -> None:
    assert len(traces(curve.plot(level=0.9), "90 %")) == 2
    assert traces(curve.plot(level=0.9), "80 %") == []


def test_points_and_back_tests_are_shown_with_their_intervals(curve: Curve) -> None:
    figure = curve.plot()
    (seen,), (tests,) = traces(figure, "seen"), traces(figure, "back-test")
    assert (seen.x == curve.x).all() and (seen.y == curve.y).all()
    assert list(tests.y) == [t.predicted for t in curve.check]
    assert np.add(tests.y, tests.error_y.array) == pytest.approx([t.high for t in curve.check])
    assert np.subtract(tests.y, tests.error_y.arrayminus) == pytest.approx([t.low for t in curve.check])


def test_the_lower_panel_shows_what_doublings_buy(curve: Curve) -> None:
    past, coming, seen, following = traces(curve.plot(), None, "y2")
    for line in (past, coming):
        assert (line.y == curve.predict(line.x).mid - curve.predict(2 * line.x).mid).all()
    assert (seen.y == curve.y[:-1] - curve.y[1:]).all()
    gain = curve.gain(curve.largest, 2 * curve.largest)
    assert (following.x[0], following.y[0]) == (curve.largest, gain.value)
    assert following.y[0] + following.error_y.array[0] == pytest.approx(gain.high)


def test_gains_of_a_score_that_rises_are_above_zero() -> None:
    past, coming, seen, _ = traces(fit_curve(X, 1 - error(X), goal="max").plot(), None, "y2")
    assert min([*past.y, *coming.y, *seen.y]) > 0


def test_beyond_the_horizon_the_line_is_dotted_and_the_figure_says_so() -> None:
    curve = fit_curve(X, error(X, 0.4))
    to = 10 * curve.horizon
    figure = curve.plot(to=to, target=float(curve.y.min()))
    dotted = [t for t in figure.data if t.line.dash == "dot" and t.yaxis is None]
    assert [t.x[0] for t in dotted] == [curve.horizon]
    assert {shape.x0 for shape in figure.layout.shapes if shape.type == "rect"} == {curve.horizon}
    words = [note.text for note in figure.layout.annotations]
    assert "cannot say" in words and any(text.startswith("target ") for text in words)
    assert "cannot say" not in [note.text for note in curve.plot(to=curve.largest).layout.annotations]


def test_axes_have_units_and_hovering_tells_the_interval(curve: Curve) -> None:
    joules = fit_curve(X, 1 - error(X), goal="max").plot(x="energy", y="accuracy")
    assert joules.layout.xaxis2.title.text == "energy (Wh)"
    assert joules.layout.yaxis.title.text == "accuracy (%)"
    (middle,) = traces(curve.plot(to=1e6, x="examples", y="error"), "predicted")
    mid, low, high = (100 * float(y) for y in curve.predict(1e6))
    assert middle.text[-1] == f"<b>1M</b><br>error {significant(mid)} % ({significant(low)}–{significant(high)})"


def test_a_name_is_never_markup(curve: Curve) -> None:
    figure = curve.plot(x="<a href='x'>", y="<i>")
    assert "<a" not in figure.to_json() and "<i>" not in figure.to_json()


def test_several_curves_stand_in_one_figure_each_under_its_name() -> None:
    curves = fit_curves([X, X], [error(X), 2 * error(X)])
    figure = look_of(curves).figure(curves, labels=["small", "large"])
    lines = [t for t in figure.data if t.text is not None]
    assert [t.name for t in lines if t.showlegend] == ["small", "large"]
    assert all((t.y == curves[t.name == "large"].predict(t.x).mid).all() for t in lines)
    crowd = look_of(curves).figure(curves * 20)
    assert {t.line.color for t in crowd.data} == {"#9a9a9a"} and not any(t.showlegend for t in crowd.data)
    with pytest.raises(InvalidValue, match="at least one"):
        LOOKS["list of Curve"].figure([])


def test_the_landscape_holds_the_runs_and_the_best_use_of_compute(law: Law) -> None:
    figure = law.plot()
    (seen,), (front,) = traces(figure, "runs"), traces(figure, "best use of compute")
    assert (seen.x == law.points.n).all() and (seen.y == law.points.d).all()
    compute = 6 * front.x * front.y
    assert front.x[-1] == pytest.approx(law.optimal(compute=float(compute[-1])).n.value, rel=1e-6)
    lines = [t for t in figure.data if t.type == "contour"]
    sizes, tokens = np.meshgrid(lines[0].x, lines[0].y)
    assert (lines[0].z == law.loss(sizes.ravel(), tokens.ravel()).reshape(sizes.shape)).all()
    assert len({t.contours.start for t in lines}) == len(lines) > 5


def test_a_budget_shows_its_region_and_what_other_sizes_bring(law: Law) -> None:
    best = law.optimal(compute=1e22)
    figure = law.plot(compute=1e22)
    (region,) = traces(figure, "this budget")
    assert (region.x[0], region.x[-1]) == pytest.approx(best.region.n)
    assert 6 * region.x * region.y == pytest.approx(np.full(len(region.x), 1e22))
    profile, optimum = traces(figure, None, "y2")
    assert profile.y == pytest.approx(law.loss(profile.x, 1e22 / 6 / profile.x))
    assert (optimum.x[0], optimum.y[0]) == (best.n.value, best.loss.value)
    assert min(profile.y) == pytest.approx(best.loss.value)
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1) == best.region.n


@pytest.mark.parametrize("terms", [{"loss": 2.3}, {"energy_j": 1e12}, {"compute": 1e22, "inference_tokens": 1e12}])
def test_any_budget_of_optimal_can_be_plotted(law: Law, terms: dict[str, float]) -> None:
    best = law.optimal(**terms)
    profile, optimum = traces(law.plot(**terms), None, "y2")
    assert profile.y[list(profile.x).index(optimum.x[0])] == pytest.approx(best.loss.value)


def test_limited_data_are_limited_in_the_figure_too() -> None:
    n, d, _ = runs(60)
    unique = d / np.random.default_rng(1).choice([1, 2, 4, 8], 60)
    loss = 1.69 + 406.4 / n**0.34 + 410.7 / (unique * (1 + 15 * (1 - np.exp(-(d / unique - 1) / 15)))) ** 0.28
    law = fit_law(n, d, loss, form="repeated", unique=unique, resamples=0)
    best = law.optimal(compute=1e22, unique=1e10)
    profile, _ = traces(law.plot(compute=1e22, unique=1e10), None, "y2")
    assert min(profile.y) == pytest.approx(best.loss.value)


@pytest.mark.parametrize("form", ["chinchilla", "farseer"])
@pytest.mark.parametrize("seed", [0, 15, 30])
def test_whatever_the_runs_there_is_a_figure(form: str, seed: int) -> None:
    """Losses that have nothing to do with size and data."""
    rng = np.random.default_rng(seed)
    n, d = np.exp(rng.uniform(5, 30, (2, 20)))
    law = fit_law(n, d, np.exp(rng.normal(0, 2, 20)), form=form, resamples=0)
    assert law.plot(compute=1e22, inference_tokens=1e9).data


@pytest.mark.parametrize(
    ("low", "high", "log", "marks"),
    [
        (1e3, 1e6, True, [1e3, 1e4, 1e5, 1e6]),
        (1, 30, True, [1, 2, 5, 10, 20]),
        (5, 9, True, [5, 6, 7, 8, 9]),
        (1, 1e20, True, [1, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18]),
        (0.0, 0.05, False, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]),
    ],
)
def test_marks_of_an_axis_are_round(low: float, high: float, log: bool, marks: list[float]) -> None:
    assert Axis("x", "number", low, high, log, ("", 1.0)).marks() == pytest.approx(marks)


def test_an_axis_of_one_value_has_room_around_it() -> None:
    for log in (False, True):
        axis = Axis.over("x", "number", [2.0, 2.0], log=log)
        assert axis.low < 2.0 < axis.high and len(axis.marks()) >= 2


def test_without_plotly_a_figure_says_how_to_get_it(curve: Curve, law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    for result in (curve, law):
        with pytest.raises(MissingExtra, match=r"pip install 'payoff\[report\]'"):
            result.plot()


def test_a_notebook_shows_words_and_tables_without_plotly() -> None:
    program = """
import sys
sys.modules["plotly"] = None
import payoff
print(payoff.fit_curve([1, 2, 4, 8], [0.4, 0.3, 0.25, 0.22])._repr_html_())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith('<div class="payoff"><p>4\u00a0x the x (8 to 32) ')
    assert "<table>" in done.stdout and "<script" not in done.stdout


def test_a_notebook_gets_what_it_draws(curve: Curve, law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter asks a result for HTML, and a figure for a bundle of what it can be shown as."""
    import plotly.io

    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    for result, words in ((curve, "What is predicted"), (law, "The law")):
        assert words in result._repr_html_()
        bundle = result.plot()._repr_mimebundle_(include=None, exclude=None)
        assert len(bundle["application/vnd.plotly.v1+json"]["data"]) == len(result.plot().data) > 5


def test_what_has_no_look_is_refused_with_what_has() -> None:
    with pytest.raises(UnknownName, match="figures are drawn of Bill, Curve"):
        look_of(payoff.Reading(1, "error", 0.5))
