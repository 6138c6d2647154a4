"""F12: a hostile model. Only valid bytes leave, one off for each on, and the player lives."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
from faults.conftest import LONG
from faults.instrument import Playing, down
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from play import test_any_script as any_script
from rig.playing import OUT, setup
from rig.support import FarEnd, Heard, wait_for, wait_until

from improv.music.event import ProposedNote
from improv.play.clock import monotonic
from improv.play.messages import Action
from improv.play.params import Params
from improv.session.messages import Transport

CASES, PARTS = 2000, 4
IN_CI = os.environ.get("CI", "").lower() == "true"
EXAMPLES = 10_000 if LONG or IN_CI else 500
NAN, INFINITE = float("nan"), float("inf")
Say = Callable[[str], None]


def nonsense(dice: random.Random) -> ProposedNote:
    """Not even the right kinds of number, half of the time."""
    numbers = (NAN, INFINITE, -INFINITE, -5.0, 0.0, 1e300, 1e-300, dice.uniform(-1, 12))
    return ProposedNote(
        pitch=dice.choice((dice.randrange(-300, 300), dice.randrange(128), 128, -1, 60.5, 2**70)),  # type: ignore[arg-type]
        velocity=dice.choice((0, -1, 128, 300, dice.randrange(1, 128))),
        step=dice.choice(numbers),
        duration=dice.choice(numbers),
    )


def script(dice: random.Random) -> list[tuple[float, tuple[str, object]]]:
    """Keys, commands and losses in any order."""
    makers: tuple[Callable[[], tuple[str, object]], ...] = (
        lambda: ("on", dice.randrange(55, 65)),
        lambda: ("off", dice.randrange(55, 65)),
        lambda: ("strike", dice.randrange(55, 65)),
        lambda: ("do", dice.choice(list(Action))),
        lambda: ("model", dice.random() < 0.5),
        lambda: ("gone", None),
        lambda: ("control", (0xB0, dice.choice((64, 66, 120, 121, 123)), dice.randrange(128))),
    )
    return [(dice.uniform(0, 0.8), dice.choice(makers)()) for _ in range(dice.randrange(10))]


# what the tests of the engine hold any script to
holds = any_script.test_whatever_happens_every_note_is_valid_and_let_go_once.hypothesis.inner_test


def test_two_thousand_hostile_models_sound_nothing_that_is_not_midi(figure: Say) -> None:
    """A thousand notes at once, NaN, pitch 128, steps back in time, whatever is done meanwhile."""
    for case in range(CASES):
        dice = random.Random(case)
        notes = [nonsense(dice) for _ in range(dice.choice((1, 3, 12)))]
        holds(script=script(dice), notes=notes)
    figure(f"{CASES:,} hostile models: only valid bytes, one off per on")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_script_that_is_found_breaks_engine_and_scheduler(part: int, figure: Say) -> None:
    """Hypothesis looks for one, in parts that are begun elsewhere and can run side by side."""

    @seed(part if IN_CI else random.getrandbits(32))  # in CI all parts would begin alike
    @settings(max_examples=EXAMPLES // PARTS, deadline=None, database=None)
    @given(script=any_script.scripts, notes=st.lists(any_script.wild, min_size=1, max_size=12))
    def search(script: object, notes: object) -> None:
        holds(script=script, notes=notes)

    search()
    figure(f"{EXAMPLES // PARTS:,} examples of hypothesis, part {part + 1}: none breaks the engine")


HOSTILE = """
import sys
if "improv.session.model_process" in sys.orig_argv:
    import random
    import improv.model.choosing as choosing
    import improv.model.loading as loading
    from improv.music.event import ProposedNote
    NAN, INF, dice = float("nan"), float("inf"), random.Random(12)
    class Hostile:
        name, backend, inert = "hostile", "none", frozenset()
        def prime(self, context, before=()):
            pass
        def draw(self, params, key, within=None):
            return ProposedNote(
                dice.choice((128, -1, 300, 60, 60, 60, 72, 48, 60.5)),
                dice.choice((0, -1, 128, 300, 64)),
                dice.choice((NAN, INF, -INF, -5.0, 0.0, 0.0, 0.0, 0.05, 1e300)),
                dice.choice((NAN, INF, -1.0, 0.0, 0.2, 3.0)),
            )
    choosing.timed = lambda improviser: choosing.Timing(0.001, 0.001)
    loading.loaded = lambda folder, device: loading.Loaded(Hostile(), "it is hostile")
"""


def bad_bytes(heard: list[Heard]) -> int:
    """Messages no instrument should be sent, and notes begun twice or ended that were not begun."""
    count, held = 0, Counter[tuple[int, int]]()
    for message in heard:
        status, *data = message.data
        count += not 0x80 <= status <= 0xEF or any(byte > 127 for byte in data)
        key = (status & 0x0F, data[0])
        if message.is_on:
            count += held[key] > 0
            held[key] += 1
        elif message.is_off:
            count += held[key] != 1
            held[key] -= 1
    return count


def hostile(far: FarEnd) -> tuple[int, int, int]:
    """Play with a hostile model for five seconds: messages, those that are bad, notes hanging."""
    playing = Playing(setup(params=Params(futures=1)))
    try:
        far.connect(OUT, far.midi_in)
        playing.wait_ready()
        playing.player.send(Transport(Action.PLAY))
        wait_for(lambda: len(playing.sounded()) > 3, 20, "music")
        wait_until(monotonic() + 5.0)
        assert not playing.player.ended
        playing.end()
        wait_until(monotonic() + 0.2)
    finally:
        playing.player.stop()
    return len(far.heard()), bad_bytes(far.heard()), len(down(far.heard()))


def test_a_hostile_model_s_process_is_heard_as_midi(
    far: FarEnd, mutant: Callable[[str], None], figure: Say
) -> None:
    """A real one, at the other end of a real port."""
    mutant(HOSTILE)
    count, bad, hanging = hostile(far)
    figure(f"5 s of a hostile process: {count} messages, {bad} bad, {hanging} notes hang")
    assert count > 10
    assert (bad, hanging) == (0, 0)


def test_without_a_look_at_what_is_proposed_it_breaks(
    monkeypatch: pytest.MonkeyPatch, figure: Say
) -> None:
    """What is no note is planned and sent: pitch 128, which is a status byte on the wire."""
    monkeypatch.setattr("improv.play.placing.is_playable", lambda note: True)
    with pytest.raises(AssertionError):
        holds(script=[(1.0, ("do", Action.PLAY))], notes=[ProposedNote(128, 64, 0.1, 0.1)])
    figure("pitch 128 leaves")
