"""Watts per thread of published servers: what is found by what is known, and how honest its intervals are."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.facts import _server_power
from payoff.facts._server_power import OUTSIDE, ServerPower, name_key, server_power

ROOT = Path(__file__).parents[2]
TABLE = json.loads((ROOT / "src/payoff/facts/data/server_power.json").read_text(encoding="utf-8"))

vendors = st.sampled_from(["amd", "intel", "aarch64", "arm64", "x86_64", ""])
names = st.sampled_from(["", "AMD EPYC", "AMD EPYC 7763 64-Core Processor", "Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz"])
powers = st.builds(
    server_power,
    vendors,
    st.sampled_from([6, 21, 23, 25, 26, 99, None]),
    st.integers(0, 255) | st.none(),
    name=names,
    socket_threads=st.integers(2, 512) | st.none(),
)


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("Intel(R) Xeon(R) CPU E5-2660 0 @ 2.20GHz", "e5-2660"),
        ("Intel(R) Xeon(R) CPU           X5670  @ 2.93GHz", "x5670"),
        ("Intel Xeon E5-2660V2", "e5-2660 v2"),
        ("Intel(R) Xeon(R) Platinum 8380 CPU @ 2.30GHz", "8380"),
        ("AMD EPYC 7763 64-Core Processor", "epyc 7763"),
        ("Intel Xeon-D 2776NT", "d-2776nt"),
        ("AMD EPYC", "epyc"),
        ("", ""),
    ],
)
def test_linux_and_published_results_name_a_processor_alike(told: str, key: str) -> None:
    assert name_key(told) == key


def test_the_more_a_machine_tells_the_more_is_known() -> None:
    named = server_power("amd", 25, 1, name="AMD EPYC 7763 64-Core Processor")
    masked = server_power("amd", 25, 1, name="AMD EPYC", socket_threads=128)
    guest = server_power("amd", 25, 1, name="AMD EPYC")
    newer = server_power("amd", 27, 1, name="AMD EPYC")
    strange = server_power("zhaoxin", 7, 1)
    assert [p.knows for p in (named, masked, guest, newer, strange)] == ["name", "socket", "kind", "maker", "nothing"]
    assert [p.kind for p in (named, masked, guest)] == ["AMD Milan"] * 3
    assert width(named) < width(masked) < width(newer)


def width(power: ServerPower) -> float:
    return power.full_w.high / power.full_w.low


def test_a_name_that_cpuid_contradicts_is_not_believed() -> None:
    assert server_power("amd", 25, 17, name="AMD EPYC 7763 64-Core Processor").kind == "AMD Genoa"


def test_a_larger_socket_draws_less_per_thread_but_more_in_all() -> None:
    small, large = (server_power("amd", 25, 17, name="AMD EPYC", socket_threads=n) for n in (64, 192))
    assert large.full_w.mid < small.full_w.mid
    assert large.full_w.mid * 192 > small.full_w.mid * 64


def test_a_laptop_is_outside_of_what_was_published_and_its_interval_says_so() -> None:
    laptop = server_power("intel", 6, 158, name="Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz", socket_threads=12)
    server = server_power("intel", 6, 158, name="Intel(R) Xeon(R) E-2186M CPU @ 2.90GHz", socket_threads=12)
    assert laptop.idle_w.mid == server.idle_w.mid
    assert width(laptop) == pytest.approx(width(server) * OUTSIDE**2)
    assert server_power("arm64", None, None, name="arm").kind == "client"
    assert server_power("amd", 25, 33, name="AMD Ryzen 9 5950X 16-Core Processor").kind == "client"


@given(powers)
def test_watts_lie_inside_their_intervals_and_full_load_draws_more_than_idling(power: ServerPower) -> None:
    for watts in (power.idle_w, power.dynamic_w, power.full_w):
        assert 0 < watts.low < watts.mid < watts.high < math.inf
    assert power.full_w.mid == pytest.approx(power.idle_w.mid + power.dynamic_w.mid)


@given(powers, st.floats(-1, 2), st.floats(-1, 2))
def test_the_load_curve_goes_from_nothing_to_all_and_never_falls(power: ServerPower, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 == power.share(0) <= power.share(low) <= power.share(high) <= power.share(1) == 1


def test_every_kind_that_cpuid_tells_has_a_curve_and_every_row_its_watts() -> None:
    kinds = {kind for models in TABLE["cpuid"].values() for kind in models.values()}
    assert kinds <= set(TABLE["curves"]) & set(TABLE["labels"])
    assert set(TABLE["sockets"]) == set(TABLE["kinds"]) <= set(TABLE["labels"])
    rows = [*TABLE["sockets"].values(), *TABLE["kinds"].values(), *(row[1:] for row in TABLE["names"].values())]
    assert all(len(row) == 7 and row[2] < row[3] and min(row[4:]) > 1 for row in rows)
    assert re.search("SPECpower.*2026.*Apache-2.0.*MIT", TABLE["source"])


def test_the_table_is_read_in_little_time() -> None:
    times = []
    for _ in range(5):
        _server_power._shipped.cache_clear()
        begun = time.process_time()
        server_power("amd", 25, 17)
        times.append(time.process_time() - begun)
    assert min(times) < 0.002


def test_the_shipped_table_is_what_the_script_makes(
    data_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "facts"))
    import fit_load_curves
    import fit_server_power

    servers = fit_server_power.read_servers([data_file("measure/specpower_servers_dev.csv")])
    curves = fit_load_curves.read_curves([data_file("measure/specpower_load_curves_dev.csv")])
    assert numbers(fit_server_power.fit_table(servers, curves)) == pytest.approx(numbers(TABLE), rel=2e-3)


def numbers(value: object) -> list[float]:
    """All numbers of nested containers, in order."""
    if isinstance(value, dict):
        return [n for part in value.values() for n in numbers(part)]
    if isinstance(value, list | tuple):
        return [n for part in value for n in numbers(part)]
    return [float(value)] if isinstance(value, int | float) else []
