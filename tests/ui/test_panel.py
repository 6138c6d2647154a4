"""The pages of knobs."""

from __future__ import annotations

import pytest

from improv.play.params import KNOBS
from improv.ui.panel import pages

SIZE = (80, 24)


def shown(app) -> set[str]:
    return {name for name in KNOBS if app.query_one(f"#knob-{name}").display}


def test_every_knob_is_on_one_page() -> None:
    """One that nobody has listed is on the last."""
    names = [name for page in pages().values() for name in page]
    assert sorted(names) == sorted(KNOBS)
    assert pages()["sound"]


@pytest.mark.parametrize(
    ("size", "columns"), [((80, 24), 2), ((120, 40), 3), ((60, 20), 2)], ids=str
)
async def test_a_page_is_seen_whole(app, size, columns) -> None:
    """Every knob of every page is in view without scrolling, with its words to hover over."""
    async with app.run_test(size=size) as pilot:
        for names in pages().values():
            await pilot.pause()
            assert shown(app) == set(names)
            for name in names:
                line = app.query_one(f"#knob-{name}")
                assert line.region.height == 1
                assert line.region.width >= size[0] // columns - 2
                assert app.screen.region.contains_region(line.region)
                assert app.query_one("#knobs").region.contains_region(line.region)
                assert line.tooltip == KNOBS[name].help
            await pilot.press("right_square_bracket")


async def test_brackets_turn_the_page_and_the_focus_goes_along(app) -> None:
    """After the last comes the first, either way."""
    async with app.run_test(size=SIZE) as pilot:
        for page in (*list(pages())[1:], "music"):
            await pilot.press("right_square_bracket")
            assert app.focused.knob.name == pages()[page][0]
        await pilot.press("left_square_bracket")
        assert shown(app) == set(pages()["sound"])


async def test_arrows_go_over_the_edge_of_a_page(app) -> None:
    """Down from the last row, and back up."""
    async with app.run_test(size=SIZE) as pilot:
        app.action_knob("pause")
        await pilot.press("down")
        assert app.focused.knob.name == pages()["play"][0]
        await pilot.press("up")
        assert app.focused.knob.name == pages()["music"][-1]


async def test_a_click_on_a_name_shows_its_page(app) -> None:
    """And the palette's way to a knob shows the page it is on."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click("#pages", offset=(9, 0))
        assert shown(app) == set(pages()["play"])
        app.action_knob("thru")
        await pilot.pause()
        assert shown(app) == set(pages()["sound"])
        assert app.focused.knob.name == "thru"
