"""How do people see it? In go runs; out come reports that know how to be a table and how to be JSON.

>>> from payoff.show import RunsReport
>>> RunsReport(()).to_json()
{'schema': 'payoff.runs/1', 'ledger': '', 'runs': []}
"""

from payoff.show._doctor import DoctorReport, Finding
from payoff.show._estimate import EstimateReport
from payoff.show._estimate_checks import AuditReport, CompareReport, FlopReport, ScaledReport
from payoff.show._facts import (
    ChipReport,
    ChipsReport,
    ModelsReport,
    PlaceReport,
    PriceReport,
)
from payoff.show._law import LawReport
from payoff.show._refresh import RefreshReport, UndoReport
from payoff.show._run import RunReport
from payoff.show._runs import RunsReport
from payoff.show._scale import Line, ScaleReport
from payoff.show._trends import ClaimsReport, DataCentresReport, TrendsReport
from payoff.show._watch import Draw, WatchReport
from payoff.show._words import how_sure, quality, run_to_json

__all__ = [
    "AuditReport",
    "ChipReport",
    "ChipsReport",
    "ClaimsReport",
    "CompareReport",
    "DataCentresReport",
    "DoctorReport",
    "Draw",
    "EstimateReport",
    "Finding",
    "FlopReport",
    "LawReport",
    "Line",
    "ModelsReport",
    "PlaceReport",
    "PriceReport",
    "RefreshReport",
    "RunReport",
    "RunsReport",
    "ScaleReport",
    "ScaledReport",
    "TrendsReport",
    "UndoReport",
    "WatchReport",
    "how_sure",
    "quality",
    "run_to_json",
]
