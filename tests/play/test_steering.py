"""Where a musician pulls the music: scale, register, density, length, curve."""

from dataclasses import replace

import numpy as np
import pytest

from improv.model.loading import load
from improv.music.event import Note, Source
from improv.music.opening import phrase
from improv.music.scale import SCALES, belong
from improv.play import asking, sampling, steering
from improv.play.params import Params
from improv.play.recent import Recent
from support import probabilities

LOCKED = Params(scale="dorian", key=2)
CLASSES = belong(2, "dorian")


def _logits(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 2.0, 128)


def _pitch(logits, params, n: int, recent: Recent | None = None) -> int:
    chance = sampling.noise((5, n))
    recent = Recent(()) if recent is None else recent
    return sampling.choose_pitch(logits, recent, 0.2, params, chance.pitch, chance.snap).pitch


@pytest.mark.parametrize("way", ["snap", "mute"])
@pytest.mark.parametrize("scale", [*SCALES, "0 6"])
def test_a_locked_scale_lets_nothing_else_through(way, scale) -> None:
    """Whatever the network says, in every scale and either way."""
    params = Params(scale=scale, key=7, out_of_scale=way)
    inside = belong(7, scale)
    assert all(_pitch(_logits(n), params, n) % 12 in inside for n in range(100))


@pytest.mark.parametrize("way", ["snap", "mute"])
def test_the_default_model_keeps_to_the_scale_for_thousands_of_notes(way) -> None:
    """2,500 either way; range, chords and repeated keys included."""
    model = load("default", "cpu")
    params = replace(LOCKED, out_of_scale=way, low=40, high=80)
    model.prime(phrase())
    played = [model.draw(params, (3, n)).pitch for n in range(2500)]
    assert {pitch % 12 for pitch in played} <= CLASSES
    assert len(set(played)) > 12
    assert min(played) >= 40
    assert max(played) <= 80


def test_snapping_keeps_higher_higher() -> None:
    """Whatever pitches are free: none passes another, and each goes to the nearest."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        free = rng.random(128) < 0.7
        moved = [steering.snapped(pitch, free, LOCKED, 0.0) for pitch in range(128)]
        assert moved == sorted(moved)
        open_ = [p for p in range(128) if free[p] and p % 12 in CLASSES]
        assert all(abs(moved[p] - p) == min(abs(other - p) for other in open_) for p in range(128))


def test_a_snapped_line_is_the_free_line_moved_by_a_tone_at_most() -> None:
    """So a locked line keeps its shape: the same chance draws the same line."""
    logits = _logits(3)
    free = [_pitch(logits, Params(), n) for n in range(500)]
    locked = [_pitch(logits, LOCKED, n) for n in range(500)]
    assert free != locked
    assert max(abs(a - b) for a, b in zip(free, locked, strict=True)) <= 1  # no gap is over a tone


@pytest.mark.parametrize("way", ["snap", "mute"])
def test_half_a_lock_lets_half_as_many_through(way) -> None:
    """Between none and all, as the knob stands; of many notes outside about half stay."""
    logits = np.zeros(128)

    def outside(lock: float) -> float:
        params = replace(LOCKED, out_of_scale=way, scale_lock=lock)
        return np.mean([_pitch(logits, params, n) % 12 not in CLASSES for n in range(3000)])

    free, half, locked = outside(0.0), outside(0.5), outside(1.0)
    assert free == pytest.approx(5 / 12, abs=0.03)
    # muted chance is shared by all that is left: 5 * 0.5 of 7 + 5 * 0.5
    assert half == pytest.approx(5 / 24 if way == "snap" else 2.5 / 9.5, abs=0.03)
    assert locked == 0.0


def test_muting_is_the_networks_own_distribution_given_the_scale() -> None:
    """Frequencies are the probabilities inside, renormalised."""
    logits = _logits(4)
    params = replace(LOCKED, out_of_scale="mute", low=0, high=127)
    inside = np.array([p % 12 in CLASSES for p in range(128)])
    wanted = probabilities(logits, 1.0, 1.0, inside)
    drawn = [_pitch(logits, params, n) for n in range(20_000)]
    found = np.bincount(drawn, minlength=128) / len(drawn)
    assert np.all(np.abs(found - wanted) <= 4 * np.sqrt(wanted / len(drawn)) + 1e-3)


def test_a_range_without_a_note_of_the_scale_goes_before_the_scale() -> None:
    """C sharp alone, in C major."""
    for way in ("snap", "mute"):
        params = Params(scale="major", key=0, out_of_scale=way, low=61, high=61)
        assert _pitch(_logits(), params, 1) == 61


def test_the_notes_of_a_snapped_chord_are_different_keys() -> None:
    """C sharp beside a C struck at this moment is not snapped onto it."""
    recent = Recent([Note(60, 70, 0.0, 0.3)])
    params = Params(scale="major", key=0, low=60, high=62)
    sharp = np.full(128, -30.0)
    sharp[61] = 30.0
    chance = sampling.noise((1, 1))
    pitch = sampling.choose_pitch(sharp, recent, 0.0, params, chance.pitch, chance.snap).pitch
    assert pitch == 62


def test_yours_is_the_key_you_play_in_and_nothing_before_it_is_known() -> None:
    """Your notes alone count."""
    mine = [Note(60 + d, 70, n, 0.5) for n, d in enumerate((0, 2, 4, 5, 7, 9, 11, 0, 4, 7))]
    its = [Note(61 + n % 5, 70, n, 5.0, Source.IMPROV) for n in range(40)]
    told = Params(scale="yours", key=9)
    assert asking.in_your_key(told, [*mine, *its]) == replace(told, scale="major", key=0)
    assert asking.in_your_key(told, mine[:3]).scale == "off"
    assert asking.in_your_key(Params(scale="blues", key=9), mine) == Params(scale="blues", key=9)


def test_register_pulls_and_does_not_cut() -> None:
    """Higher with the knob, and what the network is sure of stays."""
    flat = np.zeros(128)

    def middle(register: float) -> float:
        return np.mean([_pitch(flat, Params(register=register), n) for n in range(500)])

    assert middle(-0.5) < middle(0.0) - 6 < middle(0.5) - 18
    sure = np.zeros(128)
    sure[40] = 50.0
    assert _pitch(sure, Params(register=1.0), 1) == 40


@pytest.mark.parametrize("model", ["default", "seed"])
def test_density_register_and_length_are_heard_in_what_a_model_plays(model) -> None:
    """The default model obeys all; the seed has no distribution of steps and says so."""

    def played(**knobs: float):
        improviser = load(model, "cpu")
        notes = []
        for way in range(6):  # one alone may stay in fast music, or in slow
            improviser.prime(phrase())
            notes += [improviser.draw(Params(**knobs), (way, n)) for n in range(150)]
        middle = float(np.median([note.duration for note in notes]))  # one may last ten seconds
        return [float(np.mean([getattr(n, a) for n in notes])) for a in ("pitch", "step")] + [
            middle
        ]

    plain = played()
    assert played(register=0.5)[0] > plain[0] + 3
    assert played(note_length=2.0)[2] > 1.8 * plain[2]
    assert played(note_length=0.25)[2] < 0.9 * plain[2]  # a note under 30 ms is heard as longer
    if model == "seed":
        assert "density" in load("seed", "cpu").inert
        return
    assert played(density=0.7)[1] < 0.8 * plain[1]
    assert played(density=-0.7)[1] > 1.2 * plain[1]


def test_a_chord_is_a_chord_at_every_density() -> None:
    """What begins together has no weight taken or given."""
    pull = steering.density(Params(density=1.0))
    assert pull is not None
    assert not pull[:15].any()
    assert np.all(np.diff(pull[20:]) < 0)
    assert steering.density(Params()) is None


def test_the_curve_bends_the_middle_and_comes_back() -> None:
    """Loudest stays loudest; what the model meant can be told from what was played."""
    for curve in (0.5, 1.0, 2.0):
        params = Params(velocity_curve=curve)
        assert steering.curved(127, params) == 127
        for velocity in range(20, 121):
            bent = steering.curved(velocity, params)
            assert (bent > velocity) == (curve < 1)
            assert abs(steering.curved(bent, params, back=True) - velocity) <= 3


def test_a_chord_is_leaned_on_and_not_locked() -> None:
    """Half way the share of its notes rises well above theirs by chance; at 0 nothing moves."""
    logits = _logits(6)

    def share(chord: str, lean: float) -> float:
        params = Params(chord=chord, lean=lean, low=0, high=127)
        return float(np.mean([_pitch(logits, params, n) % 12 in {9, 0, 4, 7} for n in range(3000)]))

    free = share("off", 1.0)
    assert share("Am7", 0.0) == free
    assert free + 0.2 < share("Am7", 0.5) < share("Am7", 1.0) < 1.0
