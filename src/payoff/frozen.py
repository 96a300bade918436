"""Frozen classes with slots, made from annotated fields as `dataclasses` makes them, in a tenth of the time.

A program that names `payoff.measure` waits for every class that is made: as dataclasses they took half of the CPU time
of loading the meter.

>>> class Point(Frozen):
...     x: float
...     y: float = 0.0
>>> replace(Point(1.0), y=2.0)
Point(x=1.0, y=2.0)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field
    from typing import ClassVar

T = TypeVar("T")


class _Fresh:
    """The default of a field of which each instance gets its own."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def field(*, factory: Callable[[], T]) -> T:
    """A default that is made anew for each instance, for example by `dict`."""
    return cast(T, _Fresh(factory))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class _FrozenType(type):
    """Takes the fields and their defaults out of the body of a class, and writes its `__init__`."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _FrozenType:
        fields = {each: annotation for each, annotation in body.get("__annotations__", {}).items() if bases}
        defaults = {each: body.pop(each) for each in fields if each in body}
        body |= {"__slots__": tuple(fields), "__match_args__": tuple(fields)}
        if fields:
            body["__init__"] = _init(body, fields, defaults)
            body["_values"] = staticmethod(attrgetter(*fields))
        return super().__new__(mcs, name, bases, body)


def _init(body: dict[str, Any], fields: dict[str, Any], defaults: dict[str, Any]) -> Callable[..., None]:
    """`__init__` as one would write it by hand in the module of the class."""
    given = {f"_{name}": default for name, default in defaults.items()} | {"_set": object.__setattr__}
    taken = ", ".join(f"{name}=_{name}" if name in defaults else name for name in fields)
    lines = [f"def make({', '.join(given)}):", f" def __init__(self, {taken}):"]
    for name in fields:
        fresh = isinstance(defaults.get(name), _Fresh)
        value = f"_{name}.factory() if {name} is _{name} else {name}" if fresh else name
        lines.append(f"  _set(self, {name!r}, {value})")
    lines += ["  self.__post_init__()"] if "__post_init__" in body else []
    found: dict[str, Any] = {}
    exec("\n".join([*lines, " return __init__"]), vars(sys.modules[body["__module__"]]), found)
    made: Callable[..., None] = found["make"](**given)
    made.__annotations__ = {**fields, "return": "None"}
    made.__qualname__ = f"{body['__qualname__']}.__init__"
    return made


class _Fields:
    """Lets `dataclasses` take a frozen class for one of its own: `replace`, `fields` and `asdict` work."""

    def __get__(self, instance: Frozen | None, owner: type[Frozen]) -> dict[str, Field[Any]]:
        return _fields(owner)


@cache
def _fields(owner: type[Frozen]) -> dict[str, Field[Any]]:
    from dataclasses import make_dataclass

    found: dict[str, Field[Any]] = vars(make_dataclass(owner.__name__, owner.__match_args__))["__dataclass_fields__"]
    return found


class Frozen(metaclass=_FrozenType):
    """What all frozen classes have in common: they compare and show by their fields, and never change.

    Every annotation in the body of a subclass is a field; `__post_init__` may check them.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        __match_args__: ClassVar[tuple[str, ...]]

        @staticmethod
        def _values(frozen: Any) -> Any: ...

    else:
        __dataclass_fields__ = _Fields()

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in by_name(self).items())})"

    def __eq__(self, other: object) -> bool:
        return self._values(self) == self._values(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(by_name(self).values())

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen, {name!r} cannot be set; make another with replace()")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen, {name!r} cannot be deleted")


F = TypeVar("F", bound=Frozen)


def by_name(frozen: Frozen) -> dict[str, Any]:
    """The values of the fields."""
    return {name: getattr(frozen, name) for name in frozen.__match_args__}


def replace(frozen: F, **changes: Any) -> F:
    """The same with other values in some fields, checked anew."""
    return type(frozen)(**by_name(frozen) | changes)
