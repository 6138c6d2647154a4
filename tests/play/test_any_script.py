"""The engine under any script and any model: what it sends is valid, forward in time, and ends."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from improv.music.event import NoteOff, NoteOn, Other, ProposedNote
from improv.play.effects import Send
from improv.play.messages import Action, SetParam, Strike, Transport
from support import sent, stage


class Hostile:
    """Proposes whatever a script says, valid or not."""

    name = backend = "hostile"

    def __init__(self, notes):
        self.notes = notes

    def prime(self, context, before=()):
        pass

    def draw(self, params, key, within):
        return self.notes[key[1] % len(self.notes)]


numbers = st.one_of(
    st.floats(-1, 12), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e300, -5.0])
)
wild = st.builds(
    ProposedNote,
    pitch=st.one_of(st.integers(0, 127), st.integers(-300, 300), st.just(60.5)),
    velocity=st.integers(-200, 300),
    step=numbers,
    duration=numbers,
)
happenings = st.one_of(
    st.tuples(st.just("on"), st.integers(55, 64)),
    st.tuples(st.just("off"), st.integers(55, 64)),
    st.tuples(st.just("strike"), st.integers(55, 64)),
    st.tuples(st.just("do"), st.sampled_from(list(Action))),
    st.tuples(st.just("turn"), st.sampled_from([
        ("temperature", 2.0), ("notes", 3), ("low", 60), ("channel", 2), ("thru", False),
        ("thru", True), ("pause", 0.05), ("velocity", 0), ("high", 20), ("mode", "harmonise"),
        ("mode", "duet"), ("voice_2", "bass"), ("voice_2", "off"), ("voice_3", "solo, channel 1"),
        ("voice_4", "harmonise, channel 1"), ("voice_4", "duet, channel 3"), ("bank", 300),
        ("accompany", "chords, pattern alberti"), ("accompany", "off"), ("chart", "| C | G7 F |"),
        ("pattern", "bossa"), ("mode", "chords"), ("beats_per_bar", 3), ("sync", "clock"),
    ])),
    st.tuples(st.just("model"), st.booleans()),
    st.tuples(st.just("control"), st.tuples(
        st.sampled_from([0xB0, 0xB2]), st.sampled_from([64, 66, 120, 121, 123]), st.integers(0, 127)
    )),
    st.tuples(st.just("gone"), st.none()),
)  # fmt: skip
scripts = st.lists(st.tuples(st.floats(0, 1.5), happenings), max_size=25)


def play(script, notes):
    """Play a script against an engine; all effects, after it has finished."""
    made = stage(Hostile(notes))
    for wait, (kind, what) in script:
        made.run_until(made.now + wait)
        now = made.now
        match kind:
            case "on":
                item = NoteOn(now, what, 64)
            case "off":
                item = NoteOff(now, what)
            case "strike":
                item = Strike(what, 64, 0.3)
            case "do":
                item = Transport(what)
            case "turn":
                item = SetParam(1, *what)
            case "control":
                item = Other(now, bytes(what))
            case "gone":
                made.do(made.engine.lift_keys(now))
                continue
            case "model":
                made.do((made.engine.model_ready if what else made.engine.model_lost)(now))
                continue
        made.feed(item, now)
    made.run_until(made.now + 2.0)
    made.do(made.engine.finish(made.now))
    return made


@given(script=scripts, notes=st.lists(wild, min_size=1, max_size=12))
@settings(deadline=None)
def test_whatever_happens_every_note_is_valid_and_let_go_once(script, notes):
    """Any script, any model: valid bytes, time goes forward, one off per on, nothing hangs."""
    made = play(script, notes)
    down: Counter[tuple[int, int, bool]] = Counter()
    before = 0.0
    for now, effect in made.effects:
        assert now >= before
        before = now
        if not isinstance(effect, Send):
            continue
        status, *data = effect.message
        assert 0x80 <= status <= 0xEF
        assert all(0 <= byte <= 127 for byte in data)
        assert effect.due <= now + 1e-9
        held = (status & 0x0F, data[0], effect.audible)
        if status & 0xF0 == 0x90:
            assert data[1] > 0
            assert down[held] == 0
            down[held] += 1
        elif status & 0xF0 == 0x80:
            assert down[held] == 1
            down[held] -= 1
    assert made.engine.sounding == 0
    assert not +down


@given(script=scripts, notes=st.lists(wild, min_size=1, max_size=12))
@settings(deadline=None, max_examples=30)
def test_the_same_script_makes_the_same_bytes(script, notes):
    """Nothing depends on anything but what came in."""
    first, again = play(script, notes), play(script, notes)
    assert sent(first.effects) == sent(again.effects)
