"""What is drawn by of what was played: learning you, the cap on copies, less of a marked phrase."""

from __future__ import annotations

import random

import numpy as np
import pytest

from improv.listen.evening import intervals
from improv.music.event import Note, Source
from improv.play import sampling
from improv.play.lessons import NOTES, Lessons
from improv.play.memory import FEWEST, LESS_NATS, PRIOR, Memory
from improv.play.messages import NOTHING, Tonight
from improv.play.params import Params
from improv.play.recent import Recent

MOTIF = [60, 64, 67, 65, 62, 71]
FLAT = np.zeros(128, np.float32)
EVERY = np.ones(128, np.bool_)


def chances(logits: np.ndarray) -> np.ndarray:
    chance = np.exp(logits - logits.max())
    return np.asarray(chance / chance.sum())


def taught(*phrases: list[int]) -> Memory:
    return Memory(Tonight(yours=b"\x80".join(map(intervals, phrases))))


def test_where_you_were_it_goes_on_as_you_did_in_any_key() -> None:
    """After the longest run that is found, by the counts and a prior of the network's."""
    memory = taught(MOTIF)
    past = [pitch + 5 for pitch in MOTIF[:-1]]  # four intervals of it
    chance = chances(memory.blended(FLAT, past, 0.5))
    after_three = (1 + PRIOR / 128) / (1 + PRIOR)
    assert chance[MOTIF[-1] + 5] == pytest.approx((1 + PRIOR * after_three) / (1 + PRIOR))
    assert chance.sum() == pytest.approx(1.0)
    assert chance[0] == pytest.approx((PRIOR / (1 + PRIOR)) ** 2 / 128)


def test_counts_weigh_as_often_as_you_went_there() -> None:
    """Twice up and once down."""
    start = MOTIF[: FEWEST + 1]
    memory = taught([*start, 80], [*start, 80], [*start, 50])
    chance = chances(memory.blended(FLAT, start, 0.5))
    assert chance[80] == pytest.approx((2 + PRIOR / 128) / (3 + PRIOR))
    assert chance[50] == pytest.approx((1 + PRIOR / 128) / (3 + PRIOR))


def test_the_knob_goes_from_the_network_to_you() -> None:
    """0 changes nothing at all; towards 1 hardly anything else is left."""
    memory = taught(MOTIF)
    assert memory.blended(FLAT, MOTIF[:-1], 0.0) is FLAT
    shares = [chances(memory.blended(FLAT, MOTIF[:-1], learn))[71] for learn in (0.1, 0.5, 0.9, 1)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] > 0.9


def test_where_lines_cross_it_goes_by_the_one_that_is_yours() -> None:
    """All that sounded, or its own line alone; of two the one that is so for longer."""
    memory = taught(MOTIF)
    crossed = [note for pair in zip(MOTIF[:5], [40, 41, 42, 43, 44], strict=True) for note in pair]
    assert memory.blended(FLAT, crossed, 0.9) is FLAT
    assert chances(memory.blended(FLAT, crossed, 0.9, MOTIF[:5])).argmax() == 71
    both = memory.blended(FLAT, MOTIF[:5], 0.9, [pitch + 1 for pitch in MOTIF[:4]])
    assert (both == memory.blended(FLAT, MOTIF[:5], 0.9)).all()


@pytest.mark.parametrize("past", [[], [60], MOTIF[:FEWEST], [60, 61, 60, 61, 60]])
def test_where_you_never_were_the_network_is_as_it_was(past: list[int]) -> None:
    """To the bit; also where fewer notes than count are as yours."""
    assert taught(MOTIF).blended(FLAT, past, 0.8) is FLAT


@pytest.mark.parametrize(
    "logits", [np.zeros(5), np.full(128, np.nan), np.full(128, -np.inf), np.zeros(0)]
)
def test_a_network_that_says_nothing_usable_is_left_to_sampling(logits: np.ndarray) -> None:
    """Which makes a note of it."""
    memory = taught(MOTIF)
    with np.errstate(all="ignore"):
        assert memory.blended(logits, MOTIF[:-1], 0.5) is logits


def test_scale_and_range_hold_over_what_was_learnt() -> None:
    """Nothing that is learnt gets by a constraint."""
    recent = Recent(Note(pitch, 80, n / 4, 0.2, Source.YOU) for n, pitch in enumerate(MOTIF[:-1]))
    recent.memory = taught(MOTIF)

    def drawn(**knobs: object) -> set[int]:
        params = Params(learn=1.0, **knobs)  # type: ignore[arg-type]
        return {sampling.draw(FLAT, 0.25, 0.2, recent, params, (3, n)).pitch for n in range(60)}

    assert drawn(top_p=0.5) == {71}
    assert max(drawn(high=70)) <= 70
    assert {pitch % 12 for pitch in drawn(scale="major", key=10)} <= {10, 0, 2, 3, 5, 7, 9}


def test_in_a_duet_its_own_line_goes_on_as_yours_did() -> None:
    """Though your keys come between its notes."""
    duet = zip(MOTIF[:5], [40, 41, 43, 46, 50], strict=True)
    lines = [(own, Source.IMPROV, key, Source.YOU) for own, key in duet]
    notes = [note for own, its, key, you in lines for note in ((own, its), (key, you))]
    recent = Recent(Note(p, 80, n / 8, 0.2, source) for n, (p, source) in enumerate(notes))
    recent.memory = taught(MOTIF)
    params = Params(learn=1.0, top_p=0.5)
    assert {sampling.draw(FLAT, 0.25, 0.2, recent, params, (3, n)).pitch for n in range(30)} == {71}
    assert recent.crossing == MOTIF[:5]
    for n in range(6):
        recent.hear(90 + n, 2.0 + n / 8, own=False)
    assert recent.crossing == []  # it is asked to answer you


def test_the_cap_forbids_just_what_would_be_longer() -> None:
    """As a plain search has it, over random lines on few pitches."""
    dice = random.Random(5)
    for _ in range(200):
        yours, sounded, own = ([dice.randrange(60, 65) for _ in range(40)] for _ in range(3))
        pitches = [*sounded[-10:], *own[-20:]]
        cap = dice.randrange(1, 7)
        memory = Memory(Tonight(yours=intervals(yours), sounded=intervals(sounded)))
        left = memory.uncopied(EVERY, pitches, own, cap)
        for pitch in range(58, 68):
            run = intervals([*own[-cap:], pitch])
            found = any(run in intervals(text) for text in (yours, sounded, own, pitches))
            assert left[pitch] != found


def test_a_cap_that_leaves_nothing_leaves_all() -> None:
    """A playable note comes out, whatever was played; and 0 is no cap."""
    memory = taught(MOTIF)
    only = np.zeros(128, np.bool_)
    only[65] = True
    assert memory.uncopied(only, [], MOTIF[:3], 3) is only
    assert memory.uncopied(EVERY, [], MOTIF[:3], 0) is EVERY
    assert not memory.uncopied(EVERY, [], MOTIF[:3], 3)[65]


def test_a_marked_phrase_is_less_likely_the_longer_it_has_come_back() -> None:
    """In any key, and twice as much where it was marked twice."""
    once = Memory(Tonight(disliked=(intervals(MOTIF),)))
    twice = Memory(Tonight(disliked=(intervals(MOTIF),) * 2))
    up = [pitch + 3 for pitch in MOTIF]
    assert once.unloved(up[:2]) == {}
    assert once.unloved(up[:3]) == {up[3]: 3 * LESS_NATS}
    assert once.unloved(up[:5]) == {up[5]: 5 * LESS_NATS}
    assert twice.unloved(up[:3]) == {up[3]: 6 * LESS_NATS}
    assert once.unloved([60, 61, 60, 61]) == {}


TUNE = np.random.default_rng(3).integers(40, 90, 60)
LEARNT = Memory(NOTHING, Lessons.of([(TUNE, np.array([0, 60]))]))


def test_what_it_has_by_heart_is_counted_in_any_key() -> None:
    """From nine notes on; nothing where nobody kept what it learnt from."""
    own = (TUNE + 3).tolist()
    assert [LEARNT.by_heart(own[:n], own[n]) for n in (6, 7, 8, 19, 59)] == [0, 0, 9, 20, 60]
    assert LEARNT.by_heart(own[:19], own[19] + 1) == 0
    assert Memory().by_heart(own[:19], own[19]) == 0


@pytest.mark.parametrize("cap", [4, 8, 12])
def test_the_cap_is_on_its_lessons_too(cap: int) -> None:
    """From a run of eight notes on, by which copies are known; shorter ones it can't tell."""
    own = TUNE.tolist()
    most = max(cap, NOTES)
    assert LEARNT.uncopied(EVERY, [], own[: most - 1], cap)[own[most - 1]]
    left = LEARNT.uncopied(EVERY, [], own[:most], cap)
    assert not left[own[most]]
    assert left.sum() > 110
    assert LEARNT.uncopied(EVERY, [], own[:most], 0) is EVERY
