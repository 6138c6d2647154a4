"""What stands above the keys: how likely each pitch is to be the next note."""

from __future__ import annotations

from improv.music.event import Note, Source
from improv.session.messages import Foreseen, Planned
from improv.ui.keyboard import HeldKeys, heights
from screen import hear, text

ONE_OF_FOUR = bytes(128 if pitch == 60 else 0 for pitch in range(128))
PLAN = Planned((Note(60, 80, 1001.0, 0.5, Source.IMPROV),))


def chance_line(app) -> str:
    return app.query_one(HeldKeys).render_line(0).text


def test_the_height_is_the_square_root_of_the_chance() -> None:
    """A quarter stands half as high as certainty; one in five hundred is not seen."""
    told = bytes(round(255 * (chance**0.5)) for chance in (1.0, 0.25, 1 / 64, 1 / 500, 0.0))
    assert heights(told.ljust(128, b"\0"))[:6] == "█▄▁   "


def test_what_is_no_distribution_is_blank() -> None:
    """A model that has none says nothing; a longer or shorter one is not of pitches."""
    assert heights(b"").strip() == ""
    assert heights(b"\xff" * 12).strip() == ""


async def test_chances_stand_above_the_key_they_are_of(app, link) -> None:
    """In the column of their pitch, and the pitch that was drawn in a colour of its own."""
    async with app.run_test(size=(120, 40)) as pilot:
        await hear(app, pilot, PLAN, Foreseen(ONE_OF_FOUR))
        line = chance_line(app)
        assert line.index("▄") == (120 - 88) // 2 + 60 - 21
        assert line.replace("▄", "").strip() == "next"
        styles = {s.text: s.style for s in app.query_one(HeldKeys).render_line(0)}
        assert styles["▄"].bold


async def test_nothing_is_foreseen_where_nothing_is_to_come(app, link) -> None:
    """Neither before a plan nor after it was dropped."""
    async with app.run_test(size=(120, 40)) as pilot:
        await hear(app, pilot, PLAN, Foreseen(ONE_OF_FOUR))
        assert chance_line(app).strip()
        await hear(app, pilot, Planned(()))
        assert not chance_line(app).strip()


async def test_a_small_terminal_keeps_its_keys_and_leaves_the_chances_out(app, scene) -> None:
    """Two lines at 60 by 20: keys, and names or marks."""
    async with app.run_test(size=(60, 20)) as pilot:
        await hear(app, pilot, *scene)
        assert app.query_one(HeldKeys).size.height == 2
        assert "▲" in text(app)
