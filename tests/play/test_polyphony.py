"""How many of improv's notes sound at once: it holds on the wire, whatever a model proposes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.music.event import ProposedNote, Source
from improv.play.messages import ANY, Bounds, SetParam
from improv.play.params import Params
from support import Metronome, onsets, sent, stage


@dataclass
class Script(Metronome):
    """Proposes these pitches, one after another."""

    pitches: tuple[int, ...] = ()

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        note = super().draw(params, key, within)
        pitch = self.pitches[key[1] % len(self.pitches)]
        return ProposedNote(pitch, note.velocity, note.step, note.duration)


def most_at_once(made) -> int:
    """Notes of improv's on the wire at once, as an observer counts them."""
    down: Counter[int] = Counter()
    most = 0
    for _, status, data in sent(made.effects, Source.IMPROV):
        if status in {0x80, 0x90}:
            down[data[0]] += 1 if status == 0x90 else -1
            most = max(most, down.total())
    return most


@pytest.mark.parametrize("voices", [1, 2, 5, 24])
def test_no_more_notes_sound_at_once_than_the_knob_says(voices: int) -> None:
    """Long notes at a high rate: the oldest gives way to the newest."""
    made = stage(Metronome(step=0.06, duration=9.0), polyphony=voices)
    made.run_until(5.0)
    assert most_at_once(made) == voices


def test_a_key_struck_again_takes_no_voice_of_another() -> None:
    """Of two held notes the newer again: the older goes on."""
    made = stage(Script(0.2, 9.0, pitches=(60, 64, 64, 64)), polyphony=2)
    made.run_until(0.7)
    offs = [data[0] for _, status, data in sent(made.effects, Source.IMPROV) if status == 0x80]
    assert offs == [64, 64]
    assert made.engine.sounding == 2


def test_the_knob_holds_from_the_next_note_on() -> None:
    """What sounds when it is turned down is let go as the next note begins, and not before."""
    made = stage(Metronome(step=0.2, duration=9.0))
    made.run_until(3.05)
    before = made.engine.sounding
    assert before > 10
    made.feed(SetParam(1, "polyphony", 1), 3.05)
    assert made.engine.sounding == before
    made.run_until(6.0)
    assert made.engine.sounding == 1


@settings(deadline=None, max_examples=60)
@given(
    turns=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 24)), max_size=8),
    step=st.floats(0.0, 0.3),
    duration=st.floats(0.03, 10.0),
)
def test_it_holds_whatever_the_model_proposes(turns, step, duration) -> None:
    """Once a note has begun since it was turned there are at most as many as it says."""
    made = stage(Metronome(step=step, duration=duration))
    for serial, (wait, voices) in enumerate(turns, start=1):
        made.run_until(made.now + wait)
        made.effects.clear()
        made.feed(SetParam(serial, "polyphony", voices), made.now)
        made.run_until(made.now + 0.5)
        if onsets(made.effects):
            assert made.engine.sounding <= voices
    made.do(made.engine.finish(made.now))
    assert made.engine.sounding == 0
