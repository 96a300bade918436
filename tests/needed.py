"""What a test needs and a stranger's machine may lack: skipped with one line there, a failure with CI=true."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

PUBLIC_SOURCE = {
    "measure/specpower_servers_dev.csv": "github.com/cloud-carbon-footprint/ccf-coefficients, SPECpower-2026-03-09.csv",
    "measure/specpower_load_curves_dev.csv": "github.com/green-coding-solutions/cloud-energy, spec_data_cleaned",
    "estimate/published_runs_dev.csv": "the papers that docs/notices.md names",
    "estimate/epoch_ml_hardware_2026-07.csv": "epoch.ai/data, machine learning hardware",
    "estimate/epoch_hardware_prices.csv": "github.com/epoch-research/training-cost-trends",
    "estimate/ga_mlco2": "github.com/GreenAlgorithms/green-algorithms-tool and github.com/mlco2/impact",
    "trends/epoch_notable_ai_models_2026-07.csv": "epoch.ai/data, notable AI models",
    "trends/epoch_frontier_ai_models_2026-05-02.csv": "epoch.ai/data, frontier AI models",
    "scale/benchmark.vision.csv": "github.com/google-research/google-research, revisiting_neural_scaling_laws",
    "scale/benchmark.lang.csv": "github.com/google-research/google-research, revisiting_neural_scaling_laws",
    "scale/chinchilla_epoch.csv": "github.com/epoch-research/analyzing-chinchilla",
    "scale/isoflops_openathena.csv": "github.com/Open-Athena/scaling-law-analysis",
    "scale/lcdb_mean_curves_dev.csv.gz": "the package lcdb 0.1.0 on PyPI",
    "tune/lcbench_surrogate.onnx": "github.com/slds-lmu/yahpo_data, lcbench",
    "place/hourly_intensity_dev.csv.gz": "github.com/emmayly/EnsembleCI",
    "place/cloud_regions_gsf.csv": "github.com/Green-Software-Foundation/real-time-cloud",
    "place/google_regions_2024.csv": "github.com/GoogleCloudPlatform/region-carbon-info",
}
"""Where anybody gets each file of development data."""


def missing(what: str, way_out: str) -> NoReturn:
    """End the test: `what` is not here, `way_out` says how to get it."""
    reason = f"{what} is not here; {way_out}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def development_file(folder: Path, name: str) -> Path:
    """The path of a file of development data, or the end of the test."""
    source = PUBLIC_SOURCE[name]
    path = folder / name
    if not path.exists():
        missing(f"{name} in {folder}", f"it comes from {source}; name its folder with --data=DIR")
    return path
