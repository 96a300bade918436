"""A frozen class is what a frozen dataclass with slots would be."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest

from payoff.frozen import Frozen, by_name, field, replace


class Point(Frozen):
    """A class as the house writes it."""

    x: float
    y: float = 0.0
    notes: Mapping[str, str] = field(factory=dict)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x is below 0")

    @property
    def sum(self) -> float:
        return self.x + self.y


class Other(Frozen):
    """The same fields under another name."""

    x: float
    y: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    """What it is measured by."""

    x: float
    y: float = 0.0
    notes: Mapping[str, str] = dataclasses.field(default_factory=dict)


def test_it_is_made_shown_and_compared_as_a_dataclass_is() -> None:
    assert repr(Point(1.0, notes={"a": "b"})) == repr(Model(1.0, notes={"a": "b"})).replace("Model", "Point")
    assert Point(1.0, 2.0) == Point(x=1.0, y=2.0) != Point(1.0, 3.0)
    assert Point(1.0) != Other(1.0)
    assert hash(Other(1.0)) == hash(Other(1.0, 0.0))
    assert Point(1.0, 2.0).sum == 3.0


def test_its_signature_tells_its_fields_and_their_types() -> None:
    mine, theirs = inspect.signature(Other), inspect.signature(Model)
    assert list(mine.parameters.values()) == list(theirs.parameters.values())[:2]
    assert get_type_hints(Point.__init__) == {**get_type_hints(Point), "return": type(None)}


@pytest.mark.parametrize("arguments", [(), (1.0, 2.0, {}, 4.0)])
def test_a_call_that_does_not_fit_is_a_type_error(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\)"):
        Point(*arguments)


def test_it_cannot_be_changed() -> None:
    point = Point(1.0)
    with pytest.raises(AttributeError, match="replace"):
        point.x = 2.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        point.z = 2.0
    with pytest.raises(AttributeError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_replacing_a_field_makes_another_and_checks_it_again() -> None:
    point = Point(1.0)
    assert replace(point, y=5.0) == Point(1.0, 5.0) and point.y == 0.0
    with pytest.raises(ValueError, match="below 0"):
        replace(point, x=-1.0)
    with pytest.raises(TypeError):
        replace(point, z=1.0)


def test_a_default_that_can_change_is_each_instances_own() -> None:
    assert Point(1.0).notes == {} and Point(1.0).notes is not Point(1.0).notes


def test_it_survives_pickling_and_copying() -> None:
    point = Point(1.0, 2.0, {"a": "b"})
    assert pickle.loads(pickle.dumps(point)) == copy.copy(point) == copy.deepcopy(point) == point
    assert copy.deepcopy(point).notes is not point.notes


def test_it_is_taken_apart_by_match() -> None:
    match Other(1.0, 2.0):
        case Other(x, y):
            assert (x, y) == (1.0, 2.0)


def test_the_functions_of_dataclasses_know_it() -> None:
    point = Point(1.0, 2.0, {"a": "b"})
    assert dataclasses.is_dataclass(point)
    assert [each.name for each in dataclasses.fields(point)] == ["x", "y", "notes"]
    assert dataclasses.asdict(point) == by_name(point) == {"x": 1.0, "y": 2.0, "notes": {"a": "b"}}
    assert dataclasses.replace(point, y=3.0) == Point(1.0, 3.0, {"a": "b"})
