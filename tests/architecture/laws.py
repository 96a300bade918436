"""The laws of the house, each a function from a source tree to the sentences that say where it is broken."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ANY = frozenset({"*"})
GROUND = frozenset({"errors", "frozen", "units", "quantities", "model", "present"})
FIRST = GROUND | {"facts", "providers", "ledger", "settings"}
LEVERS = frozenset({"levers.tune", "levers.label", "levers.shrink", "levers.place", "levers.cool"})
UP_TO_JUDGE = FIRST | {"meter", "predict", "judge"}

MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "frozen": frozenset(),
    "units": GROUND,
    "quantities": GROUND,
    "model": GROUND,
    "present": frozenset({"show"}),
    "facts": GROUND,
    "providers": GROUND,
    "ledger": GROUND,
    "settings": GROUND,
    "meter": FIRST,
    "predict": FIRST,
    "judge": FIRST | {"predict"},
    **dict.fromkeys(LEVERS, UP_TO_JUDGE),
    "show": UP_TO_JUDGE | LEVERS,
    "testing": UP_TO_JUDGE | LEVERS,
    "demo": UP_TO_JUDGE | LEVERS | {"show"},
    "cli": ANY,
    "integrations": ANY,
    "__main__": ANY,
    "__init__": ANY,
}
"""The house: what each room may import beside itself; `present` is the one arrow that points up."""

DOORS_TO_CLI = frozenset({"__main__"})

OUTSIDE: dict[str, frozenset[str]] = {
    **dict.fromkeys(FIRST | {"meter"}, frozenset()),
    "ledger": frozenset({"psycopg"}),
    "meter": frozenset({"amdsmi", "pynvml"}),
}
"""The rooms that stand on the standard library alone, and what they may import besides, inside functions."""

NOT_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"})
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MOST_POSITIONAL = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef
Law = Callable[[Path], list[str]]


def modules(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Each file of a package with its syntax tree; paths are relative to the package."""
    for path in sorted(package.rglob("*.py")):
        yield path.relative_to(package), ast.parse(path.read_text(), str(path))


def room_of(dotted: str) -> str:
    """The room of a module: 'ledger._sql' is in 'ledger', 'levers.tune._loop' in 'levers.tune'."""
    parts = dotted.split(".")
    return ".".join(parts[:2]) if parts[0] == "levers" else parts[0]


def imports(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything a file imports, in functions and under TYPE_CHECKING too.

    `import_module("x")` and `__import__("x")` count; where the name is not written out it is '?'.
    """
    folder = ["payoff", *path.parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _name_of(node.func) in ("import_module", "__import__"):
            named = node.args[0] if node.args else None
            yield node.lineno, named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else "?"


def _name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def dotted(path: Path) -> str:
    """The name of a module inside the package: 'ledger._sql', 'ledger' and '__init__' for a room's and the root's."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def arrows_point_down(package: Path) -> list[str]:
    """Imports point to a lower floor, or to the same room; nothing imports `cli`; levers never each other."""
    broken = []
    for path, tree in modules(package):
        here = room_of(dotted(path))
        if here not in MAY_IMPORT and here != "levers":
            broken.append(f"{path}: the house has no room {here!r}")
            continue
        allowed = MAY_IMPORT.get(here, frozenset())
        at_once = {node.lineno for node in tree.body}
        for line, name in imports(path, tree):
            if name == "?" and here not in ("__init__", "cli"):
                broken.append(f"{path}:{line}: the name of an import must be written out")
            there = _room_behind(package, name)
            if there is None or there == here:
                continue
            if there == "cli" and here not in DOORS_TO_CLI:
                broken.append(f"{path}:{line}: nothing imports cli")
            elif here == "present" and line in at_once:
                broken.append(f"{path}:{line}: present imports {there} only inside a function")
            elif allowed is not ANY and there not in allowed:
                broken.append(f"{path}:{line}: {here} may not import {there}")
    return broken


def _room_behind(package: Path, name: str) -> str | None:
    """The room that an absolute name leads to; None outside payoff and for `payoff.__version__`."""
    first, _, rest = name.partition(".")
    if first != "payoff" or rest == "__version__":
        return None
    if not rest:
        return "__init__"
    step = rest.split(".")[0]
    is_module = (package / step).is_dir() or (package / f"{step}.py").is_file()
    return room_of(rest) if is_module else "__init__"


def light_rooms_stay_light(package: Path) -> list[str]:
    """The meter, the ledger, the facts and the ground floor import nothing but the standard library, even lazily."""
    broken = []
    for path, tree in modules(package):
        here = room_of(dotted(path))
        if here not in OUTSIDE:
            continue
        for line, name in imports(path, tree):
            package_name = name.split(".")[0]
            if package_name not in {"payoff", "?"} | sys.stdlib_module_names | OUTSIDE[here]:
                broken.append(f"{path}:{line}: {here} may not import {package_name}")
    return broken


def files_and_functions_are_small(package: Path) -> list[str]:
    """A file stays under 400 lines, a function under 50 and five positional parameters."""
    broken = []
    for path, tree in modules(package):
        lines = len((package / path).read_text().splitlines())
        if lines > LONGEST_FILE:
            broken.append(f"{path}: {lines} lines")
        for node in ast.walk(tree):
            if not isinstance(node, Function):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                broken.append(f"{path}:{node.lineno}: {node.name} has {length} lines")
            positional = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            count = len(positional) - (positional[:1] in (["self"], ["cls"]))
            if count > MOST_POSITIONAL:
                broken.append(f"{path}:{node.lineno}: {node.name} has {count} positional parameters")
    return broken


def names_are_the_fields_words(package: Path) -> list[str]:
    """No module is called utils, helpers, manager, base, common or misc."""
    return [
        f"{path}: {part} says nothing"
        for path, _ in modules(package)
        for part in path.with_suffix("").parts
        if part.strip("_") in NOT_NAMES
    ]


def the_library_never_prints(package: Path) -> list[str]:
    """Only `cli` and `show` speak to the terminal."""
    return [
        f"{path}:{node.lineno}: print"
        for path, tree in modules(package)
        if room_of(dotted(path)) not in ("cli", "show")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def every_module_says_what_it_is(package: Path) -> list[str]:
    """Every module opens with a docstring; a room's with its question and an example."""
    broken = []
    for path, tree in modules(package):
        text = ast.get_docstring(tree) or ""
        if not text:
            broken.append(f"{path}: no docstring")
        elif path.name == "__init__.py" and len(path.parts) > 1:
            if "?" not in text.partition("\n\n")[0]:
                broken.append(f"{path}: a room opens with its question")
            if ">>> " not in text:
                broken.append(f"{path}: a room shows an example")
    return broken


LAWS: tuple[Law, ...] = (
    arrows_point_down,
    light_rooms_stay_light,
    files_and_functions_are_small,
    names_are_the_fields_words,
    the_library_never_prints,
    every_module_says_what_it_is,
)
