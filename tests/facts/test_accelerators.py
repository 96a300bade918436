"""Accelerators by the names people, drivers and clouds give them, with peaks that are dense."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from payoff.errors import InvalidValue, UnknownName
from payoff.facts import accelerator, accelerators
from payoff.facts._accelerators import name_of

SPARSE = {"H100": 1979e12, "A100": 624e12, "L40S": 733e12, "H100 PCIe": 1513e12, "RTX 4090": 660.6e12, "L4": 242e12}
"""What data sheets print for fp16 or bf16 with 2:4 sparsity, or with fp16 accumulation."""
DENSE = {
    "V100": 125e12,
    "V100 PCIe": 112e12,
    "V100S": 130e12,
    "T4": 65e12,
    "A100": 312e12,
    "A10G": 70e12,
    "L4": 121e12,
    "L40S": 362e12,
    "H100": 989.4e12,
    "H100 PCIe": 756.5e12,
    "H200": 989.5e12,
    "B200": 2250e12,
    "RTX 3090": 71e12,
    "RTX 4090": 165.2e12,
    "MI250X": 383e12,
    "MI300X": 1307.4e12,
    "TPUv2": 46e12,
    "TPUv3": 123e12,
    "TPUv4": 275e12,
    "TPU v5e": 197e12,
    "TPU v5p": 459e12,
    "Gaudi2": 432e12,
}


@pytest.mark.parametrize("name", DENSE)
def test_the_peak_of_training_is_the_dense_one(name: str) -> None:
    assert accelerator(name).peak("fp16") == DENSE[name]


@pytest.mark.parametrize("name", SPARSE)
def test_the_sparse_peak_of_the_data_sheet_is_nowhere(name: str) -> None:
    assert accelerator(name).peak("fp16") < 0.6 * SPARSE[name]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("A100", "NVIDIA A100 SXM4 80 GB"),
        ("A100-40GB", "NVIDIA A100 SXM4 40 GB"),
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100 SXM4 80 GB"),
        ("NVIDIA A100 80GB PCIe", "NVIDIA A100 PCIe 80 GB"),
        ("h100", "NVIDIA H100 SXM5 80GB"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 SXM5 80GB"),
        ("Tesla V100-SXM2-16GB", "NVIDIA Tesla V100 SXM2 16 GB"),
        ("V100S PCIe", "NVIDIA Tesla V100S PCIe 32 GB"),
        ("RTX 3080 Ti", "NVIDIA GeForce RTX 3080 Ti"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090"),
        ("TPU v4", "Google TPU v4"),
        ("TPUv4", "Google TPU v4"),
        ("amd mi300x", "AMD Instinct MI300X"),
        ("M1 Max", "Apple M1 Max"),
        ("Trainium2", "Amazon Trainium2"),
    ],
)
def test_a_chip_goes_by_many_names(asked: str, name: str) -> None:
    assert accelerator(asked).name == name


def test_a_name_that_means_more_chips_says_which_was_taken() -> None:
    assert accelerator("A100").also == ("NVIDIA A100 PCIe", "NVIDIA A100 PCIe 80 GB", "NVIDIA A100 SXM4 40 GB")
    assert accelerator("H100").hint == (
        "'H100' could also mean NVIDIA H100 NVL or NVIDIA H100 PCIe; NVIDIA H100 SXM5 80GB was taken."
    )


def test_a_name_that_means_one_chip_has_no_hint() -> None:
    assert [accelerator(name).hint for name in ("T4", "A10", "RTX 3080", "NVIDIA A100 SXM4 40 GB")] == [""] * 4


@pytest.mark.parametrize("asked", ["RTX 4900", "A1000", "nvidia", "", "a hamster wheel"])
def test_an_unknown_chip_gets_the_way_out(asked: str) -> None:
    with pytest.raises(UnknownName, match=r"unknown accelerator .*`payoff facts hardware` lists all"):
        accelerator(asked)


def test_a_slip_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="did you mean 'RTX 4090'"):
        accelerator("RTX 4900")


def test_a_precision_that_a_chip_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidValue, match=r"no fp8 peak of NVIDIA A100 SXM4 80 GB is known, only fp64, fp32"):
        accelerator("A100").peak("fp8")


def test_old_chips_train_in_fp32_and_newer_ones_in_fp16() -> None:
    assert [accelerator(name).training_precision for name in ("K80", "GTX 1080 Ti", "P100", "V100")] == [
        "fp32",
        "fp32",
        "fp16",
        "fp16",
    ]


def test_every_chip_is_physically_plausible() -> None:
    for chip in accelerators():
        peaks = chip.peaks()
        assert peaks, chip.name
        assert all(1e11 <= peak <= 2e16 or (name == "fp64" and peak > 1e10) for name, peak in peaks.items()), chip.name
        assert chip.tdp_w is None or 5 <= chip.tdp_w <= 25_000
        memory, bandwidth = chip.row.memory_bytes, chip.row.bandwidth_bytes_per_s
        assert memory is None or 1e8 <= memory <= 1e12
        assert bandwidth is None or 1e10 <= bandwidth <= 1e17
        if {"fp16", "fp8"} <= set(peaks):
            assert peaks["fp16"] <= peaks["fp8"], chip.name
        if {"fp64", "fp32"} <= set(peaks):
            assert peaks["fp64"] <= peaks["fp32"], chip.name


def test_every_alias_means_one_chip() -> None:
    aliases = [alias for chip in accelerators() for alias in chip.row.aliases]
    assert len(aliases) == len(set(aliases))
    assert all(alias in accelerator(alias).row.aliases for alias in aliases)
    assert all(accelerator(chip.name).name == chip.name for chip in accelerators())


def test_tdp_is_what_other_tools_have_but_where_they_mean_another_variant(data_file: Callable[[str], Path]) -> None:
    folder = data_file("estimate/ga_mlco2")
    with (folder / "mlco2_gpus.csv").open(encoding="utf-8", newline="") as file:
        theirs = {row["name"]: row["tdp_watts"] for row in csv.DictReader(file) if row["type"] != "cpu"}
    with (folder / "ga_TDP_gpu.csv").open(encoding="utf-8", newline="") as file:
        theirs |= {row[0]: row[1] for row in list(csv.reader(file))[2:]}
    known = {name_of(name): (float(watts), name) for name, watts in theirs.items() if name_of(name)}
    others = {name for chip, (watts, name) in known.items() if chip and accelerator(chip).tdp_w != watts}
    assert len(known) > 30
    assert others == {"Tesla V100-PCIE-16GB", "Tesla V100-SXM2-16GB", "NVIDIA Tesla P100", "TPU v3", "TPU v4"}
