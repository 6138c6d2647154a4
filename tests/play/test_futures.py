"""Ways to go on: which is best, and that one alone is the music as it was."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from improv.music.event import Note, ProposedNote, Source
from improv.play.futures import Futures, apart
from improv.play.interfaces import Imagined
from improv.play.messages import Key, Request
from improv.play.params import Params

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)
F_SHARP = (66, 68, 70, 71, 73, 75, 77, 78)
PHRASE = tuple(Note(pitch, 80, 0.25 * n, 0.2) for n, pitch in enumerate(C_MAJOR * 2))


class Written:
    """A model whose futures are written down: pitches, and how surprising they are."""

    def __init__(self, futures: Sequence[tuple[Sequence[int], float]]) -> None:
        self.futures = futures

    def imagine(
        self, params: Params, keys: Sequence[Sequence[Key]], within: tuple[float, float]
    ) -> Iterator[list[tuple[Imagined, ...]]]:
        for (pitches, surprise), _ in zip(self.futures, keys, strict=False):
            yield []
            notes = (ProposedNote(pitch, 80, 0.25, 0.2) for pitch in pitches)
            yield [tuple(Imagined(note, surprise, 10.0) for note in notes)]


def drawn(futures: Sequence[tuple[Sequence[int], float]], seed: int = 1, **knobs: float) -> Futures:
    found = Futures(Request(1, PHRASE, Params(**knobs), 8, seed, 0))  # type: ignore[arg-type]
    for _ in found.imagine(Written(futures), len(futures)):  # type: ignore[arg-type]
        pass
    return found


def share_of_the_first(futures: Sequence[tuple[Sequence[int], float]], **knobs: float) -> float:
    """How often the first of them is the best, over 400 seeds."""
    best = Counter(drawn(futures, seed, **knobs).ranked()[0].number for seed in range(400))
    return best[0] / 400


def test_what_keeps_the_key_is_chosen_more_often_and_not_always() -> None:
    """With a chance in proportion to the exponential: more futures do not make it a rule."""
    share = share_of_the_first([(C_MAJOR, 10.0), (F_SHARP, 10.0)])
    assert 0.8 < share < 0.999


def test_neither_the_dullest_nor_the_oddest_is_preferred() -> None:
    """Typical is as surprising as the network expects; both ways of being off count alike."""
    assert share_of_the_first([(C_MAJOR, 10.0), (C_MAJOR, 4.0)]) > 0.9
    assert share_of_the_first([(C_MAJOR, 10.0), (C_MAJOR, 16.0)]) > 0.9
    assert 0.4 < share_of_the_first([(C_MAJOR, 6.0), (C_MAJOR, 14.0)]) < 0.6


def test_equals_are_chosen_alike() -> None:
    """Nothing is left but the noise."""
    assert 0.4 < share_of_the_first([(C_MAJOR, 10.0), (C_MAJOR, 10.0)]) < 0.6


def test_contrast_chooses_what_is_unlike_your_playing() -> None:
    """An octave and a half below you, or with you."""
    low = tuple(pitch - 24 for pitch in C_MAJOR)
    futures = [(low, 10.0), (C_MAJOR, 10.0)]
    middle = share_of_the_first(futures)
    assert share_of_the_first(futures, contrast=1.0) > middle + 0.1
    assert share_of_the_first(futures, contrast=-1.0) < middle - 0.1


def test_apart_is_of_your_notes_alone_and_never_beyond_one() -> None:
    """Twice as dense, an octave lower and softer are apart; improv's own notes say nothing."""
    same = [ProposedNote(pitch, 80, 0.25, 0.2) for pitch in C_MAJOR]
    other = [ProposedNote(20, 1, 0.001, 0.2) for _ in C_MAJOR]
    its = [Note(n.pitch, n.velocity, n.start, n.duration, Source.IMPROV) for n in PHRASE]
    assert apart(same, PHRASE) < 0.1
    assert 0.9 < apart(other, PHRASE) <= 1.0
    assert apart(other, its) == 0.0
    assert all(math.isfinite(apart(notes, PHRASE)) for notes in ([], same[:1], other))


def test_the_same_music_twice_is_one_alternative() -> None:
    """And what is played already is none."""
    futures = drawn([(C_MAJOR, 10.0), (F_SHARP, 10.0), (C_MAJOR, 9.0), (F_SHARP, 10.0)])
    best = futures.ranked()[0]
    assert len(futures.others(best.number)) == 1


def test_the_same_seed_ranks_alike_and_more_futures_keep_the_order() -> None:
    """Those drawn later come between those there were, and move none."""
    eight = [(tuple(p + n for p in C_MAJOR), 10.0 + n) for n in range(8)]
    few = [f.number for f in drawn(eight[:4]).ranked()]
    many = [f.number for f in drawn(eight).ranked()]
    assert few == [number for number in many if number < 4]
    assert many == [f.number for f in drawn(eight).ranked()]
