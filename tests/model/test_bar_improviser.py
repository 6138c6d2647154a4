"""Bars generated as an improviser: to the beat, from what came before, one bar ahead."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from improv.model import bar_network
from improv.model.bar_improviser import BarImproviser, Part
from improv.music.bar import HELD, REST
from improv.music.event import Note, ProposedNote, Source
from improv.music.timeline import Timeline
from improv.play.interfaces import Branching, Metrical
from improv.play.messages import ANY
from improv.play.params import Params

BEAT = Timeline(100.0, 8.0, 120.0)  # the third bar begins at 100 s; a bar is 2 s, a step 0.125
PLAYED = tuple(
    Note(60 + 2 * n, 80, 98.0 + 0.5 * n, 0.4, Source.YOU if n % 2 else Source.IMPROV)
    for n in range(4)
)
LINE = (100.0 - 99.5, 100.0 - 99.5)  # as a step's bounds: from the last note to the bar line


def weights(scale: float = 0.5) -> dict[str, np.ndarray]:
    """Of a small network that has learnt nothing, but is sure of what it says."""
    rng = np.random.default_rng(5)
    made = {
        name: rng.normal(0, scale, shape).astype(np.float32)
        for name, shape in bar_network.shapes(16).items()
    }
    made["out/bias"][HELD] = made["out/bias"][REST] = 8.0
    return made


@pytest.fixture(scope="module")
def model() -> BarImproviser:
    return BarImproviser("bars", weights())


def bar(
    model: BarImproviser,
    params: Params | None = None,
    *,
    played: Sequence[Note] = PLAYED,
    seed: int = 7,
    within: tuple[float, float] = LINE,
    beat: Timeline = BEAT,
    least: int = 1,
) -> list[ProposedNote]:
    """So many notes, and the rest of the bar of the last."""
    model.prime(played)
    model.keep_time(beat)
    params = params or Params()
    notes = [model.draw(params, (seed, 0), within)]
    while len(notes) < least or model.unfinished:
        notes.append(model.draw(params, (seed, len(notes))))
    return notes


def test_it_is_an_improviser_that_plays_to_a_beat(model) -> None:
    """It can be asked for several ways to go on, and told the beat."""
    assert isinstance(model, Branching)
    assert isinstance(model, Metrical)
    assert model.inert == {"style", "context"}


def test_a_phrase_begins_in_the_bar_that_begins_next(model) -> None:
    """On steps of that bar or the one after it, each note where its beat is."""
    notes = bar(model)
    assert all(8.0 <= note.beat < 16.0 for note in notes)
    assert [4 * note.beat for note in notes] == [round(4 * note.beat) for note in notes]
    beats = [note.beat for note in notes]
    assert beats == sorted(set(beats))
    starts = np.cumsum([99.5 + notes[0].step, *(note.step for note in notes[1:])])
    np.testing.assert_allclose(starts, [BEAT.time_of(beat) for beat in beats])
    late = bar(model, within=(0.6, 0.6))  # a tenth of a second after the line
    assert min(note.beat for note in late) >= 12.0


def test_the_same_key_draws_the_same_bar(model) -> None:
    """Another seed another one; so does another number of the bar."""
    assert bar(model) == bar(model)
    assert bar(model, seed=8) != bar(model)
    later = bar(model, beat=Timeline(100.0, 12.0, 120.0))
    assert [note.pitch for note in later] != [note.pitch for note in bar(model)]


def test_what_is_drawn_anew_in_the_middle_is_the_rest_of_the_bar(model) -> None:
    """So that a knob that changes nothing changes nothing."""
    whole = bar(model, least=6)
    start = [BEAT.time_of(note.beat) for note in whole]
    so_far = [
        Note(n.pitch, n.velocity, at, n.duration, Source.IMPROV)
        for n, at in zip(whole[:2], start[:2], strict=True)
    ]
    rest = bar(model, played=(*PLAYED, *so_far), within=ANY, least=4)
    assert [(n.pitch, n.beat, n.duration) for n in rest] == [
        (n.pitch, n.beat, n.duration) for n in whole[2 : 2 + len(rest)]
    ]


def test_the_bar_before_and_the_chord_are_heard(model) -> None:
    """What either says changes what is played; with all creativity the bar before says nothing."""
    higher = tuple(Note(n.pitch + 9, 80, n.start, n.duration, n.source) for n in PLAYED)
    assert bar(model, played=higher) != bar(model)
    assert bar(model, Params(chord="F#m", lean=0.0)) != bar(model, Params(chord="C", lean=0.0))
    free = Params(creativity=1.0, guard="off")
    assert bar(model, free, played=higher) == bar(model, free)


def test_creativity_bends_and_does_not_jump(model) -> None:
    """A little of it leaves most steps as they were."""
    kept = {(n.beat, n.pitch) for n in bar(model, least=12)}
    bent = {(n.beat, n.pitch) for n in bar(model, Params(creativity=0.02), least=12)}
    assert len(kept & bent) > len(kept) / 2


def test_your_notes_are_the_bar_before(model) -> None:
    """Whoever played them; and silence since then does not hide them."""
    yours = tuple(Note(n.pitch, n.velocity, n.start, n.duration) for n in PLAYED)
    assert [n.pitch for n in bar(model, played=yours)] == [n.pitch for n in bar(model)]
    empty = bar(model, played=())
    assert [n.pitch for n in empty] != [n.pitch for n in bar(model)]
    away = tuple(Note(n.pitch, 80, n.start - 4.0, n.duration) for n in PLAYED)
    model.prime(away)
    model.keep_time(BEAT)
    first = model.draw(Params(), (7, 0), (LINE[0] + 4.0,) * 2)
    assert first.pitch == bar(model)[0].pitch


def test_colder_is_nearer_to_the_likeliest(model) -> None:
    """At a low temperature the seeds agree on more of a bar's first notes than at a high one."""

    def different(temperature: float) -> int:
        params = Params(temperature=temperature, guard="off")
        played = [bar(model, params, seed=seed, least=4) for seed in range(6)]
        return len({(place, n.pitch) for notes in played for place, n in enumerate(notes[:4])})

    assert different(0.05) < different(1.0) < different(4.0)


def test_what_is_asked_of_pitches_is_kept(model) -> None:
    """Range, scale and density, whatever the network would play."""
    asked = Params(low=60, high=72, scale="major", key=2)
    pitches = {note.pitch for note in bar(model, asked, least=40)}
    assert pitches <= {61, 62, 64, 66, 67, 69, 71}
    few = bar(model, Params(density=-1.0), least=30)
    many = bar(model, Params(density=1.0), least=30)
    assert many[29].beat < few[29].beat
    short, long = (bar(model, Params(note_length=x))[0].duration for x in (0.5, 1.0))
    assert short == pytest.approx(long / 2)


@pytest.mark.parametrize("beats", [2, 3, 4, 5, 7, 8])
def test_bars_of_any_length_are_cut_into_parts_of_four_beats(beats) -> None:
    """Every step is in one part; no part is longer than a bar of the network, nor over a line."""
    parts = [Part.at(step, beats) for step in range(-8 * beats, 8 * beats)]
    assert all(
        p.first <= s < p.first + p.size
        for p, s in zip(parts, range(-8 * beats, 8 * beats), strict=True)
    )
    distinct = sorted({(p.number, p.first, p.size) for p in parts})
    for (n, first, size), after in pairwise(distinct):
        assert after[:2] == (n + 1, first + size)
        assert size <= 16
    assert {first for _, first, _ in distinct} >= {4 * beats * n for n in range(-2, 2)}


def test_a_waltz_is_played_too(model) -> None:
    """A phrase begins with a bar of three, and its bars are of three."""
    beat = Timeline(100.0, 9.0, 120.0)
    notes = bar(model, Params(beats_per_bar=3), beat=beat, least=12)
    assert notes[0].beat >= 9.0


def test_it_never_stays_silent() -> None:
    """Of a network that only rests a phrase begins at once, and a note comes every other bar."""
    mute = weights()
    mute["out/bias"][REST] = 500.0
    notes = bar(BarImproviser("mute", mute), least=3)
    assert notes[0].beat == 8.0
    assert max(np.diff([note.beat for note in notes])) <= 8.0


def test_companions_begin_with_your_note(model) -> None:
    """As many pitches as are asked for, at once."""
    model.prime(PLAYED)
    model.keep_time(BEAT)
    notes = [model.draw(Params(), (7, 4), (0.0, 0.0)) for _ in range(3)]
    assert {note.step for note in notes} == {0.0}
    assert {note.beat for note in notes} == {None}
    assert len({note.pitch for note in notes}) == 3
