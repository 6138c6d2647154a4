"""The strip: ports, and all figures where there is room, the telling ones where there is little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improv.listen.evening import Copies
from improv.music.timeline import Timeline
from improv.play.params import Params
from improv.session.messages import Chorded, Sync, Tap, Timing
from improv.ui.state import State
from improv.ui.strip import heading, meters, ports
from screen import hear, text

NOW = 1000.0  # where the screen's clock stands

GOOD = Timing(
    118, 236, 0.063, 0.279, 0.588, sent=310, queued=9, priority="fifo", drift_ms=-0.004
)  # fmt: skip
BAD = Timing(
    2400, 5100, 2.2, 31.04, 64.0, sent=999, late=12, dropped=3, released=41, queued=17,
    drift_ms=-2.34,
)  # fmt: skip


def words(parts: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in parts)


def test_everything_is_said_where_there_is_room(status) -> None:
    """p50/p99 of inference, p50/p99/max of lateness, drift, queue, late, dropped, released."""
    assert words(meters(status(timing=GOOD), 120)) == (
        "inference 118/236 µs  lateness 0.06/0.28/0.59 ms  drift 0.00 ms  9 queued  0 late"
        "  0 dropped  0 released"
    )


def test_everything_fits_eighty_columns_while_all_is_well(status) -> None:
    """In shorter words."""
    assert words(meters(status(timing=GOOD), 80)) == (
        "inf 118/236 µs lag 0.06/0.28/0.59 ms drift 0.00 9 queued 0 late 0 lost 0 let go"
    )


@pytest.mark.parametrize("width", [60, 80, 104, 120])
def test_what_has_gone_wrong_never_gives_way(status, width: int) -> None:
    """Nothing that is not nothing is left out."""
    said = words(meters(status(timing=BAD), width))
    for word in ("2.4/5.1 ms", "2.2/31/64 ms", "drift -2.3", "17 queued", "12 late", "41 "):
        assert word in said


def test_a_slow_output_shows_how_much_earlier_its_notes_leave(status) -> None:
    """Only where there is a latency: nothing is said of the others."""
    told = replace(status(), latency_ms=(("fluidsynth", 23.456),))
    assert words(ports(told)).startswith("out virtual:improv, fluidsynth (23.5 ms)   in ")


def _headed(status) -> tuple[str, str]:
    state = State()
    state.take(status, 0.0)
    left, right = heading(state)
    return words(left), words(right)


def test_the_key_stands_at_the_top_and_the_mode_where_it_is_not_the_usual(status) -> None:
    """Nothing is said of a key that nobody knows."""
    left, right = _headed(status())
    assert "continue" not in left
    assert "key" not in right
    left, right = _headed(status(key="D dorian", params=Params(mode="duet")))
    assert "playing  duet" in left
    assert right.startswith("key D dorian  ")


def test_copies_stand_at_the_top_where_there_are_any(status) -> None:
    """Of what was played, and of what the model learnt from."""
    assert not {"copy", "heart"} & set(_headed(status(copies=Copies(3, 9, 0, 12)))[1].split())
    assert "copy 6  by heart 12  you" in _headed(status(copies=Copies(6, 9, 12, 12)))[1]


async def test_the_beat_is_in_the_strip_and_bar_lines_on_the_roll(app, status) -> None:
    """Tempo, bar and beat, whose it is; nothing of it without one. b taps."""
    beat = Timeline(NOW - 3.2, 0.0, 120.0)  # beat 6.4: the third of bar 2
    async with app.run_test(size=(80, 24)) as pilot:
        await hear(app, pilot, status())
        assert not app._strip.words().plain.count("bpm")
        assert "┊" not in text(app)
        for word in ("clock", "lost"):
            await hear(app, pilot, status(sync=Sync(beat, word, runs=True)))
            assert f"120.0 bpm  2.3  {word}" in app._strip.words().plain
            assert "┊" in text(app)
        await pilot.press("b")
        assert Tap(NOW) in app._link.sent


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_chords_are_named_where_they_begin_and_beside_the_beat(app, status, size) -> None:
    """Above the notes each at its moment; in the strip the one in force, however narrow."""
    beat = Sync(Timeline(NOW - 8.0, 0.0, 120.0), "internal", runs=True)
    chords = [Chorded("Am7", NOW - 2.0), Chorded("D7", NOW - 1.0), Chorded("off", NOW + 1.0)]
    async with app.run_test(size=size) as pilot:
        await hear(app, pilot, *chords, status(sync=beat, chord="D7"))
        line = next(line for line in text(app).splitlines() if "Am7" in line)
        now = line.index("Am7") + 20
        assert now == (app._roll.size.width - 4) * 2 // 3  # of what is right of the pitches
        assert [line.index(name) for name in ("D7", "N.C.")] == [now - 10, now + 10]
        assert app._strip.words().plain.splitlines()[0].endswith("  D7 ")
