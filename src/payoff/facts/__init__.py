"""What does the world say? Grids, cloud regions, accelerators, prices, PUE, published runs, from tables in the package.

In goes the name of a place, a machine, a chip or a run; out come figures with a year, a source and a licence, most with
an interval. No network is ever asked; the tables are rebuilt by tools/facts and their sources listed in data/NOTICE.md.

>>> from payoff.facts import accelerator, grid
>>> (grid("California").code, grid("aws:eu-west-3").code, grid("Georgia").also)
('US-CA', 'FR', ('US-GA',))
>>> [round(3.6e9 * factor) for factor in (grid("FR").intensity(2026).low, grid("FR").intensity(2026).high)]  # g/kWh
[35, 55]
>>> (accelerator("A100").name, accelerator("A100").peak("fp16"))  # FLOP/s, dense
('NVIDIA A100 SXM4 80 GB', 312000000000000.0)
"""

from typing import TYPE_CHECKING, Any

from payoff.facts._factors import Factors, Machine, embodied_of_guest, footprint
from payoff.facts._grids import GridFact, grid, places
from payoff.facts._tables import Fact, GridRow, RegionRow, defaults, grid_rows, prices, region_rows

if TYPE_CHECKING:
    from payoff.facts._accelerators import AcceleratorFact, Precision, accelerator, accelerator_rows, accelerators
    from payoff.facts._chip_prices import AcceleratorPrice, Basis, accelerator_price, chip_prices
    from payoff.facts._history import (
        NotableModel,
        notable_models,
        notable_models_source,
        published_trends,
        read_notable_models,
    )
    from payoff.facts._refresh import Refresh, refresh
    from payoff.facts._refreshed import undo
    from payoff.facts._rows import AcceleratorRow, PriceRow
    from payoff.facts._runs import (
        ModelFacts,
        PublishedRun,
        Utilisation,
        models,
        published_run,
        published_runs,
        utilisation_evidence,
    )

__all__ = [
    "AcceleratorFact",
    "AcceleratorPrice",
    "AcceleratorRow",
    "Basis",
    "Fact",
    "Factors",
    "GridFact",
    "GridRow",
    "Machine",
    "ModelFacts",
    "NotableModel",
    "Precision",
    "PriceRow",
    "PublishedRun",
    "Refresh",
    "RegionRow",
    "Utilisation",
    "accelerator",
    "accelerator_price",
    "accelerator_rows",
    "accelerators",
    "chip_prices",
    "defaults",
    "embodied_of_guest",
    "footprint",
    "grid",
    "grid_rows",
    "models",
    "notable_models",
    "notable_models_source",
    "places",
    "prices",
    "published_run",
    "published_runs",
    "published_trends",
    "read_notable_models",
    "refresh",
    "region_rows",
    "undo",
    "utilisation_evidence",
]


def __getattr__(name: str) -> Any:
    """What the meter never asks for is loaded when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'payoff.facts' has no attribute {name!r}")
    from payoff.facts import _accelerators, _chip_prices, _history, _refresh, _refreshed, _rows, _runs

    rooms = (_accelerators, _chip_prices, _history, _refresh, _refreshed, _rows, _runs)
    return next(getattr(room, name) for room in rooms if hasattr(room, name))
