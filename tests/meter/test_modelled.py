"""The sensor of machines without counters: energy by a load curve, with what it does not know told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.meter._processor import Processor
from payoff.meter._seam import Drawn, Interval
from payoff.meter.sensors._modelled import ServerModel, socket_threads

MILAN = Processor("AMD EPYC", "amd", 25, 1, threads=64, reserved=1.0)
MODEL = ServerModel(MILAN)
spans = st.floats(1e-3, 1e5)
shares = st.floats(0, 1)


def test_idle_watts_are_drawn_whatever_runs_and_work_adds_the_rest() -> None:
    idle, full = MODEL.drawn(Interval(10, 0)), MODEL.drawn(Interval(10, 640))
    assert idle == Drawn(10 * MODEL.idle_w, 0.0)
    assert full == Drawn(10 * MODEL.idle_w, 10 * MODEL.dynamic_w)
    assert MODEL.watts(1.0) == MODEL.idle_w + MODEL.dynamic_w
    assert 0 < MODEL.processor_idle_w < MODEL.idle_w


@given(spans, shares, shares)
def test_more_work_never_draws_less(span_s: float, one: float, other: float) -> None:
    less, more = (MODEL.drawn(Interval(span_s, 64 * span_s * u)).dynamic_j for u in sorted((one, other)))
    assert 0 <= less <= more <= MODEL.dynamic_w * span_s * (1 + 1e-9)


@given(spans, shares, st.lists(st.floats(0.01, 1), min_size=1, max_size=8))
def test_the_shares_of_all_jobs_add_up_to_what_the_machine_drew(span_s: float, used: float, parts: list[float]) -> None:
    drawn = MODEL.drawn(Interval(span_s, 64 * span_s * used))
    charged = [drawn.dynamic_j * part / sum(parts) for part in parts]
    assert sum(charged) == pytest.approx(drawn.dynamic_j)


def test_the_first_busy_threads_cost_more_than_their_share() -> None:
    tenth, all_of_it = MODEL.drawn(Interval(1, 6.4)), MODEL.drawn(Interval(1, 64))
    assert all_of_it.dynamic_j / 10 < tenth.dynamic_j < 0.35 * all_of_it.dynamic_j


def test_time_that_did_not_pass_and_clocks_that_round_up_are_borne() -> None:
    assert MODEL.drawn(Interval(0, 0)) == Drawn(0, 0)
    assert MODEL.drawn(Interval(1, 64.5)) == MODEL.drawn(Interval(1, 64))


def test_each_thing_that_is_not_known_is_a_source_of_error_of_its_own() -> None:
    evidence = MODEL.evidence
    assert evidence.basis == "modelled"
    assert set(evidence.idle) == {"model: idle watts of a thread"}
    assert set(evidence.dynamic) == {"model: watts of a busy thread", "model: load curve"}
    assert all(low < 1 < high for low, high in (*evidence.idle.values(), *evidence.dynamic.values()))
    assert "SPECpower" in evidence.sources[0]


def test_knowing_the_socket_is_used() -> None:
    assert ServerModel(MILAN, socket_threads=128).power.knows == "socket"
    assert MODEL.power.knows == "kind"


@pytest.mark.parametrize(
    ("text", "threads"),
    [
        ("siblings\t: 128\nflags\t\t: fpu sse2\n\nsiblings\t: 4\n", 128),
        ("siblings\t: 2\nflags\t\t: fpu hypervisor sse2\n", None),
        ("BogoMIPS\t: 50.00\n", None),
        ("", None),
    ],
)
def test_a_socket_is_believed_on_bare_metal_only(tmp_path: Path, text: str, threads: int | None) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert socket_threads(str(file)) == threads
    assert socket_threads(str(tmp_path / "none")) is None
