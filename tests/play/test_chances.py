"""What the screen is told of the distribution a pitch was drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from improv.music.event import ProposedNote
from improv.play import sampling
from improv.play.effects import Tell
from improv.play.messages import Foreseen, Planned, SetParam
from improv.play.params import Params
from improv.play.recent import Recent
from support import Metronome, probabilities, stage

LOGITS = np.random.default_rng(3).normal(size=128) * 2.0


def chances(**knobs: object) -> np.ndarray:
    """(128,) as they are told, of a note drawn from LOGITS."""
    params = Params(**knobs)  # type: ignore[arg-type]
    told = sampling.draw(LOGITS, 0.2, 0.2, Recent(()), params, (1, 1)).chances
    return (np.frombuffer(told, np.uint8) / 255.0) ** 2


def test_they_are_those_of_the_temperature_and_the_range() -> None:
    """To the half step of a byte's square root."""
    told = np.sqrt(chances(temperature=0.7, top_p=0.9, low=40, high=80))
    meant = np.sqrt(probabilities(LOGITS, 0.7, 0.9, sampling.pitch_range(40, 80)))
    assert np.abs(told - meant).max() <= 0.5 / 255 + 1e-9


def test_a_snapping_scale_moves_them_to_where_notes_fall() -> None:
    """Fully locked, all of it is in the scale; half locked, half of what was outside stays."""
    outside = np.isin(np.arange(128) % 12, [1, 3, 6, 8, 10])
    free, half, full = (
        chances(scale="major", scale_lock=lock)[outside].sum() for lock in (0.0, 0.5, 1.0)
    )
    assert full == 0.0
    assert half == pytest.approx(free / 2, rel=0.05)


def test_they_are_no_part_of_the_note() -> None:
    """Two notes that differ in nothing else are the same note."""
    assert ProposedNote(60, 80, 0.1, 0.2, chances=b"x") == ProposedNote(60, 80, 0.1, 0.2)


class Sure(Metronome):
    """A metronome that is sure of each pitch, and says so."""

    def draw(self, *given: object, **named: object) -> ProposedNote:
        note = super().draw(*given, **named)  # type: ignore[arg-type]
        told = bytes(255 * (pitch == note.pitch) for pitch in range(128))
        return ProposedNote(note.pitch, note.velocity, note.step, note.duration, chances=told)


def foretold(transpose: int = 0) -> list[tuple[int, int]]:
    """Of every word of the plan: its first pitch, and the pitch that was likeliest."""
    played = stage(Sure(), transpose=transpose)
    played.run_until(3.0)
    pairs, planned, chances = [], (), b""
    for _, effect in played.effects:
        if isinstance(effect, Tell) and isinstance(effect.report, Planned):
            if planned:
                pairs.append((planned[0].pitch, chances.find(255)))
            planned = effect.report.notes
        elif isinstance(effect, Tell) and isinstance(effect.report, Foreseen):
            chances = effect.report.chances
    return pairs


@pytest.mark.parametrize("transpose", [0, 7])
def test_the_screen_is_told_those_of_the_next_note(transpose: int) -> None:
    """At every moment, of the pitch that will sound."""
    pairs = foretold(transpose)
    assert len(pairs) > 8
    assert all(pitch == likeliest for pitch, likeliest in pairs)


def test_a_dropped_plan_takes_its_chances_along() -> None:
    """What is drawn anew under a turned knob is told anew."""
    played = stage(Sure())
    played.run_until(1.0)
    told = len([e for _, e in played.effects if isinstance(e, Tell)])
    played.feed(SetParam(1, "low", 60), 1.0)
    played.run_until(1.1)
    after = [e.report for _, e in played.effects[told:] if isinstance(e, Tell)]
    chances = [r.chances for r in after if isinstance(r, Foreseen)]
    assert chances
    assert not any(chances[-1][:60])


def test_a_model_without_chances_tells_none() -> None:
    """No word of it at all."""
    played = stage()
    played.run_until(3.0)
    told = [effect.report for _, effect in played.effects if isinstance(effect, Tell)]
    assert told
    assert not any(isinstance(report, Foreseen) for report in told)
