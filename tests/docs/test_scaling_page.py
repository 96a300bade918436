"""The page on scaling says what the program says today, of the shipped data."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import generate_scaling_page


def test_the_page_and_its_figure_are_not_stale(tmp_path: Path) -> None:
    generate_scaling_page.write(tmp_path)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    there = {name: (generate_scaling_page.DOCS / name).read_text(encoding="utf-8") for name in made}
    assert there == made, "run `make docs`"


def test_the_figure_is_sound_and_small() -> None:
    text = (generate_scaling_page.DOCS / generate_scaling_page.FIGURE).read_text(encoding="utf-8")
    circles = ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}circle")
    assert sum(1 for _ in circles) == 529 + 2
    assert len(text) < 60_000
