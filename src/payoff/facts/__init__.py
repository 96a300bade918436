"""What does the world say? Grids, cloud regions, prices, PUE, water and embodied carbon, from tables in the package.

In goes the name of a place and the kind of machine; out come figures with an interval, a year, a source and a licence.
No network is ever asked; the tables are rebuilt by tools/facts and their sources listed in data/NOTICE.md.

>>> from payoff.facts import grid
>>> (grid("California").code, grid("aws:eu-west-3").code, grid("Georgia").also)
('US-CA', 'FR', ('US-GA',))
>>> [round(3.6e9 * factor) for factor in (grid("FR").intensity(2026).low, grid("FR").intensity(2026).high)]  # g/kWh
[35, 55]
"""

from payoff.facts._factors import Factors, Machine, embodied_of_guest, footprint
from payoff.facts._grids import GridFact, grid, places
from payoff.facts._tables import Fact, GridRow, RegionRow, defaults, grid_rows, prices, region_rows

__all__ = [
    "Fact",
    "Factors",
    "GridFact",
    "GridRow",
    "Machine",
    "RegionRow",
    "defaults",
    "embodied_of_guest",
    "footprint",
    "grid",
    "grid_rows",
    "places",
    "prices",
    "region_rows",
]
