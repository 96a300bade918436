"""What `payoff estimate` reads from files: a torch module to count, a card to audit."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from payoff.errors import InvalidValue, MissingExtra
from payoff.predict.estimate import Claim, Flop, claim_with_chip, count_flop, read_claim


def read_card(path: Path) -> Claim:
    """The claim of a TOML file, with its chip looked up. Raises `InvalidValue` for a file that is not TOML."""
    try:
        with path.open("rb") as file:
            card = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f'{path} is not valid TOML ({error}); write lines such as: energy = "36 MWh"') from error
    return claim_with_chip(read_claim(card, name=path.stem))


def counted(stated: Mapping[str, Any]) -> tuple[Flop, bool, float]:
    """The FLOP of a module on its inputs, or of the whole training where its examples or tokens are told; whether it is
    the whole, and the number of its parameters.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "counting the FLOP of a module") from error
    if not stated.get("inputs"):
        raise InvalidValue("what goes into the module is not known; give its size: --input 8,3,224,224")
    inputs = [_input(torch, text) for text in stated["inputs"]]
    module = _module(stated["module"])
    try:
        flop = count_flop(module, *inputs, backward=not stated.get("forward"))
    except (RuntimeError, TypeError, IndexError) as error:
        first = str(error).partition("\n")[0]
        raise InvalidValue(
            f"{stated['module']} does not take an input of {' and '.join(stated['inputs'])} ({first}); "
            "give the size with the batch first, and :int for tokens: --input 8,1024:int"
        ) from error
    params = float(sum(parameter.numel() for parameter in getattr(module, "parameters", list)()))
    if "examples" in stated:
        amount, batch = stated["examples"], inputs[0].shape[0]
    else:
        amount, batch = stated.get("tokens"), inputs[0].numel()
    return (flop, False, params) if amount is None else (flop.scaled(amount / batch), True, params)


def _input(torch: Any, text: str) -> Any:
    sizes, _, kind = text.partition(":")
    parts = [size.strip() for size in sizes.split(",")]
    if kind not in ("", "int", "float") or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise InvalidValue(f"an input is a size of whole numbers, got {text!r}; for example 8,3,224,224 or 8,1024:int")
    size = tuple(map(int, parts))
    return torch.zeros(size, dtype=torch.long) if kind == "int" else torch.zeros(size)


def _module(where: str) -> Any:
    """The module that 'file:name' is, or that calling it makes; files are looked for in the present folder first."""
    file, colon, name = where.partition(":")
    if not colon or not name:
        raise InvalidValue(f"a module is FILE:NAME, got {where!r}; for example --module my_model:build")
    sys.path.insert(0, os.getcwd())
    try:
        found = import_module(file.removesuffix(".py").replace("/", "."))
    except ModuleNotFoundError as error:
        raise InvalidValue(f"there is no {error.name!r} to import here; go to its folder, or set PYTHONPATH") from error
    finally:
        sys.path.pop(0)
    thing = getattr(found, name, None)
    if thing is None:
        there = ", ".join(sorted(known for known in vars(found) if not known.startswith("_"))) or "nothing"
        raise InvalidValue(f"{file} has no {name!r}; it has {there}")
    made = thing() if isinstance(thing, type) or not hasattr(thing, "parameters") else thing
    if not callable(made):
        raise InvalidValue(f"{where} makes {type(made).__name__}, which cannot be called; return the torch module")
    return made
