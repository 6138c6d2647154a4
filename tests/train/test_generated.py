"""Continuations compared: what copies is like real music, and what plays one note is not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from improv.music.event import Note, ProposedNote
from improv.play.messages import ANY, Bounds
from improv.play.params import Params
from improv.train import dataset
from improv.train.continuations import prompts, work_names
from improv.train.generated import generated, halvings
from improv.train.likeness import FEATURES
from improv.train.markov import MarkovImproviser, fit

LENGTH = 30


def music(works: int = 6, notes: int = 150, seed: int = 1, takes: int = 2) -> dataset.Pieces:
    """Some performances of each work: a wandering line in the work's own register and tempo."""
    rng = np.random.default_rng(seed)
    pieces = []
    for work in range(works):
        for _ in range(takes):
            line = 45 + 5 * work + np.cumsum(rng.choice([-3, -1, 2, 4], notes)) % 14
            steps = rng.choice([0.1, 0.2, 0.4], notes) * (1 + work / works)
            lengths = rng.choice([0.06, 0.15, 0.5], notes, p=[0.2, 0.3, 0.5]) * (1 + work / works)
            pieces.append((line, np.cumsum(steps), rng.integers(40, 90, notes), lengths))
    return dataset.Pieces(
        pitch=np.concatenate([p[0] for p in pieces]).astype(np.uint8),
        velocity=np.concatenate([p[2] for p in pieces]).astype(np.uint8),
        start=np.concatenate([p[1] - p[1][0] for p in pieces]),
        duration=np.concatenate([p[3] for p in pieces]).astype(np.float32),
        offsets=np.arange(len(pieces) + 1, dtype=np.int64) * notes,
        names=tuple(f"work{i // takes}/take{i % takes}.mid" for i in range(len(pieces))),
    )


class Copyist:
    """It knows the music by heart and plays what follows the last four notes there."""

    name = backend = "copyist"

    def __init__(self, pieces: dataset.Pieces) -> None:
        self._pieces = pieces
        columns = zip(pieces.pitch.tolist(), pieces.velocity.tolist(), strict=True)
        self._notes = list(columns)
        self._after = {tuple(self._notes[i - 4 : i]): i for i in range(4, len(self._notes))}

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        self._at = self._after[tuple((n.pitch, n.velocity) for n in context[-4:])]

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        i, self._at = self._at, self._at + 1
        step = self._pieces.start[i] - self._pieces.start[i - 1]
        return ProposedNote(*self._notes[i], float(step), float(self._pieces.duration[i]))


class OneNote:
    """It plays a loud C8 for ever."""

    name = backend = "one note"

    def prime(self, context: Sequence[Note], before: Sequence[Note] = ()) -> None:
        """It does not listen."""

    def draw(self, params: Params, key: tuple[int, int], within: Bounds = ANY) -> ProposedNote:
        return ProposedNote(108, 127, 1.5, 1.4)


def test_prompts_are_spread_over_works_and_followed_by_what_was_played() -> None:
    """Two of each of six works, the notes before each one's place, the same every time."""
    pieces = music()
    found = prompts(pieces, 12, LENGTH)
    assert [prompt.work for prompt in found] == [f"work{i // 2}" for i in range(12)]
    assert len({prompt.notes for prompt in found}) == 12
    for prompt, again in zip(found, prompts(pieces, 12, LENGTH), strict=True):
        assert prompt.notes == again.notes
        assert (len(prompt.notes), len(prompt.played)) == (25, LENGTH)
        run = [*(note.pitch for note in prompt.notes), *prompt.played.pitch.tolist()]
        text = bytes(pieces.pitch)
        at = text.index(bytes(run))
        assert at // 150 == (at + len(run) - 1) // 150  # within one piece
        assert prompt.elsewhere is not None
        assert bytes(prompt.elsewhere.pitch.astype(np.uint8)) in text
        shared = set(pairwise(prompt.elsewhere.start)) & set(pairwise(prompt.played.start))
        assert len(shared) < LENGTH / 2


def test_fewer_prompts_than_works_are_of_different_works() -> None:
    """Spread over them all, and none where no piece is long enough."""
    found = [prompt.work for prompt in prompts(music(), 3, LENGTH)]
    assert found == ["work0", "work2", "work4"]
    assert prompts(music(), 3, 200) == []
    tight = prompts(music(notes=60), 6, LENGTH)
    assert [prompt.elsewhere for prompt in tight] == [None] * 6


def test_performances_in_one_folder_are_of_one_work() -> None:
    """Unless there is no other folder: then each piece is a work."""
    assert work_names(["a/b/1.mid", "a/b/2.mid", "a/c/1.mid"]) == ["a/b", "a/b", "a/c"]
    assert work_names(["in/1.mid", "in/2.mid"]) == ["in/1.mid", "in/2.mid"]


def test_no_work_is_in_both_halves() -> None:
    """Both as large, and not the same halves each time."""
    works = ["a"] * 5 + ["b"] * 2 + ["c"] * 4 + ["d"]
    found = halvings(works)
    for one, other in found:
        assert len(one) == len(other) >= 4
        assert not {works[i] for i in one} & {works[i] for i in other}
    assert len({tuple(one) for one, _ in found}) > 1


def test_a_copy_is_at_no_distance_and_a_markov_chain_at_more() -> None:
    """And what copies is found to: all its notes, where the chain has a few in a row."""
    pieces, learnt = music(), music(seed=2)
    contenders = {
        "model": Copyist(pieces),
        "seed": OneNote(),
        "markov": MarkovImproviser(fit(learnt)),
    }
    heard: list[tuple[int, int]] = []
    found = generated(
        contenders,
        pieces,
        pieces,
        count=12,
        length=LENGTH,
        progress=lambda done, total: heard.append((done, total)),
    )
    report = found.report
    assert (report["prompts"], report["works"], report["notes"]) == (12, 6, LENGTH)
    assert heard[-1] == (36, 36)
    assert (report["model"]["within"], report["seed"]["within"]) == (6, 0)
    for name in FEATURES:
        figures = {who: report[who]["distributions"][name] for who in contenders}
        assert figures["model"]["distance"] < 0.05
        assert figures["model"]["distance"] < figures["markov"]["distance"]
        assert figures["markov"]["distance"] < figures["seed"]["distance"]
        real = report["real_against_real"]["distributions"][name]
        ratio = figures["markov"]["distance"] / real["distance"]
        assert figures["markov"]["ratio"] == pytest.approx(ratio, rel=1e-3)
        assert report["closest"]["distance"][name] == "model"
        assert report["closest"]["paired"][name] == "model"
    area = {
        who: report[who]["distributions"]["pitch_class"]["overlapped_area"] for who in contenders
    }
    assert area["seed"] < 0.5 < area["model"]
    assert report["model"]["longest_copy"] == {"median": LENGTH, "max": LENGTH}
    assert report["markov"]["longest_copy"]["max"] < LENGTH
    assert report["model"]["key_agreement"] == report["real"]["key_agreement"]
    assert report["seed"]["pitch_class_entropy"] == 0.0
    assert found.pooled["seed"]["velocity"][-1] == pytest.approx(1.0)


def test_the_same_music_gives_the_same_figures() -> None:
    """Prompts, noise and halves are all fixed."""
    pieces = music(works=3)
    runs = []
    for _ in range(2):
        improviser = MarkovImproviser(fit(pieces))
        runs.append(generated({"model": improviser}, pieces, None, count=4, length=LENGTH).report)
    assert runs[0] == runs[1]
    assert "longest_copy" not in runs[0]["model"]


def test_what_is_too_short_is_said_to_be() -> None:
    """No piece with room for a prompt and what follows, or one work alone."""
    for pieces in (music(notes=40), music(works=1, takes=1)):
        found = generated({"model": OneNote()}, pieces, None, count=4, length=LENGTH)
        assert found.report["prompts"] == 0
        assert "55 notes" in found.report["why"]
