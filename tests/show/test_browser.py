"""A page in a real browser: figures are drawn under the page's own header, without network, wide and narrow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from payoff import fit_curve, fit_law
from payoff.show import LawReport, Line, ScaleReport
from payoff.show.looks import page_of
from tests.needed import missing
from tests.predict.laws import runs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, which `make test` installs."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright", "pip install playwright")
    path = shutil.which("chromium")
    if path is None:
        missing("chromium", "apt-get install -y chromium")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    x = np.geomspace(1000, 128_000, 8)
    curve = fit_curve(x, (0.03 + 3.2 * x**-0.45) * np.exp(0.3 * np.random.default_rng(0).normal(size=8)))
    law = fit_law(*runs(60, noise=0.004), resamples=100)
    reports = {
        "curve": ScaleReport("examples", "error", (Line("runs", curve, 1e6),), target=0.04),
        "curves": ScaleReport("examples", "error", (Line("a", curve, 1e6), Line("b", curve, 1e6))),
        "law": LawReport(law, "runs.csv", "1e22 FLOP", law.optimal(compute=1e22)),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, report in reports.items():
        (folder / f"{name}.html").write_text(page_of(report), "utf-8")
    return {name: folder / f"{name}.html" for name in reports}


def opened(browser: Any, path: Path, width: int, **options: Any) -> tuple[Any, list[str]]:
    """The page, and all that went wrong or was asked of the network."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(path.as_uri())
    return page, faults


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(("name", "figures", "marks"), [("curve", 1, 18), ("curves", 3, 50), ("law", 1, 62)])
def test_figures_are_drawn(
    name: str, figures: int, marks: int, width: int, browser: Any, pages: dict[str, Path]
) -> None:
    page, faults = opened(browser, pages[name], width)
    page.wait_for_function(f"document.querySelectorAll('.plot .legend').length === {figures}")
    assert page.locator(".plot .scatterlayer .points path").count() >= marks
    assert page.locator(".plot .scatterlayer .lines path").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.locator(".plot").first.bounding_box()["width"]
    assert min(width, 800) - 50 <= wide <= width
    assert faults == []
    page.context.close()


def test_what_a_point_tells_is_shown_when_it_is_pointed_at(browser: Any, pages: dict[str, Path]) -> None:
    page, faults = opened(browser, pages["curve"], 1280)
    page.locator(".plot .xy .points path").first.hover(force=True)
    page.wait_for_selector(".hoverlayer .hovertext")
    assert page.locator(".hoverlayer .hovertext").first.text_content().startswith("1k")
    assert faults == []
    page.context.close()


def test_without_scripts_the_page_is_read_whole(browser: Any, pages: dict[str, Path]) -> None:
    page, faults = opened(browser, pages["law"], 400, java_script_enabled=False)
    assert page.locator("table").count() == 3
    assert page.get_by_text("Train ").first.is_visible()
    assert not page.locator(".figure").first.is_visible()
    assert faults == []
    page.context.close()


def test_a_script_that_is_not_the_pages_own_is_stopped(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "evil.html"
    path.write_text(pages["curve"].read_text().replace("</main>", "<script>document.title = 'evil'</script></main>"))
    page, faults = opened(browser, path, 1280)
    page.wait_for_selector(".plot .legend")
    assert page.title() == "Error against examples"
    assert len(faults) == 1 and "Content Security Policy" in faults[0]
    page.context.close()
