"""How like real music a model's own is: continuations of held-out prompts against the real ones.

Prompts are put in two halves of different works. The distance of the real continuations of one
half from those of the other says how far real music of this kind is from real music:
`real_against_real`. What a contender made of a half's prompts is compared with the real
continuations of the same prompts, so its sets are as large. `ratio` is its distance over the real
one's. Figures are means over `HALVINGS` ways to halve.

Pooled, music in all keys is like music in none. `paired` looks at each continuation alone: how far
it is from the real one of the same prompt, which only what has understood the prompt comes near.

`same_pieces` is a second, stricter measure of how near one can come: the real continuations
against other excerpts of the same performances, which share key, tempo and touch with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.listen.context import SIZE
from improv.play.interfaces import Improviser
from improv.play.params import Params
from improv.train import copies, likeness
from improv.train.character import (
    Phrase,
    fits,
    groove_consistency,
    pitch_class_entropy,
)
from improv.train.continuations import Prompt, go_on, phrase, prompts
from improv.train.dataset import Pieces
from improv.train.likeness import FEATURES, Floats
from improv.train.progress import Report, silent

LENGTH = 100  # notes of a continuation
PROMPTS = 60  # unless more or fewer are asked for
SEED = 1
HALVINGS = 16
WITHIN = 1.5  # times the distance of real music from real music
REAL, ELSEWHERE = "real", "elsewhere"
UNITS = {
    "distance": "Jensen-Shannon distance, base 2, 0-1, of all notes of two sets pooled",
    "paired": "the same of each continuation from the real one of its own prompt, the mean; of "
    "real_against_real, from those of all other works",
    "ratio": "times the distance of real_against_real",
    "ratio_same_pieces": "times the distance of same_pieces",
    "overlapped_area": "0-1, of distances among real phrases and to these (Yang & Lerch 2020)",
    "key_agreement": "share in the key of their prompt (Krumhansl & Kessler 1982)",
    "key_fit": "correlation with the profile of their prompt's key",
    "pitch_class_entropy": "bits",
    "groove_consistency": "0-1, of successive bars of 2 s at 16 pulses each",
    "longest_copy": "notes, by their intervals, that the training split holds too",
}

Table = dict[str, dict[str, float]]  # feature to measure to figure
Halves = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Generated:
    """`report` is ready for JSON; `pooled` is, by contender and feature, what a picture shows."""

    report: dict[str, Any]
    pooled: dict[str, dict[str, Floats]]  # (bins,) shares


def generated(
    contenders: Mapping[str, Improviser],
    held_out: Pieces,
    learnt: Pieces | None,
    *,
    count: int = PROMPTS,
    length: int = LENGTH,
    seed: int = SEED,
    params: Params | None = None,
    progress: Report = silent,
) -> Generated:
    """Let each contender go on from `count` prompts of `held_out`, and compare.

    Args:
        contenders: by what they are called in the report.
        held_out: the pieces that the prompts are from.
        learnt: where copies are looked for; None where there is no training split.
        count: prompts. Where `held_out` has fewer than two works with a piece long enough, there
            are none: nothing is compared, and `why` in the report says so.
        length: notes of each continuation.
        seed: the first prompt's; the next one's is one more.
        params: the knobs as they stand; None as they are at the start.
        progress: counts continuations.
    """
    asked, params = prompts(held_out, count, length), params or Params()
    if len({prompt.work for prompt in asked}) < 2:
        why = f"it takes two works with {SIZE + length} notes or more, to compare one with another"
        return Generated({"prompts": 0, "why": why}, {})
    made: dict[str, list[Phrase]] = {REAL: [prompt.played for prompt in asked]}
    total, done = len(asked) * len(contenders), 0
    for name, improviser in contenders.items():
        made[name] = []
        for number, prompt in enumerate(asked):
            made[name].append(go_on(improviser, prompt, params, length, seed + number))
            done += 1
            progress(done, total)
    report = {
        "prompts": len(asked),
        "works": len({prompt.work for prompt in asked}),
        "notes": length,
        "temperature": params.temperature,
        "random_seed": seed,
        "halvings": HALVINGS,
        "units": UNITS,
        **_compared(asked, made),
    }
    keys = [fits(phrase(prompt.notes)) for prompt in asked]
    for name, phrases in made.items():
        report.setdefault(name, {}).update(_character(phrases, keys))
    if learnt is not None:
        for name, found in _copied(made, learnt).items():
            report[name]["longest_copy"] = found
    pooled = {
        name: {
            feature: likeness.histograms(phrases, each).mean(axis=0)
            for feature, each in FEATURES.items()
        }
        for name, phrases in made.items()
    }
    return Generated(report, pooled)


def _compared(asked: Sequence[Prompt], made: Mapping[str, list[Phrase]]) -> dict[str, Any]:
    """The distributions' part of the report."""
    sets = dict(made)
    elsewhere = [prompt.elsewhere for prompt in asked if prompt.elsewhere is not None]
    if len(elsewhere) == len(asked):
        sets[ELSEWHERE] = elsewhere
    works = [prompt.work for prompt in asked]
    tables: dict[str, Table] = {}
    for name, feature in FEATURES.items():
        shares = {who: likeness.histograms(phrases, feature) for who, phrases in sets.items()}
        for who, figures in _distances(shares, works).items():
            tables.setdefault(who, {})[name] = figures
    real = tables.pop(REAL)
    same = tables.pop(ELSEWHERE, None)
    for table in tables.values():
        for name, figures in table.items():
            figures["ratio"] = _ratio(figures, real[name])
            if same is not None:
                figures["ratio_same_pieces"] = _ratio(figures, same[name])
    report: dict[str, Any] = {"real_against_real": {"distributions": real}}
    if same is not None:
        report["same_pieces"] = {"distributions": same}
    for who, table in tables.items():
        report[who] = {
            "distributions": table,
            "within": sum(figures["ratio"] <= WITHIN for figures in table.values()),
        }
    report["closest"] = {
        measure: {name: _closest(tables, name, measure) for name in FEATURES}
        for measure in real["pitch_class"]
    }
    return report


def _closest(tables: Mapping[str, Table], name: str, measure: str) -> str:
    """Which contender comes closest to real music."""
    far = {who: table[name][measure] for who, table in tables.items()}
    nearest = max if measure == "overlapped_area" else min
    return nearest(far, key=far.__getitem__)


def _ratio(figures: Mapping[str, float], other: Mapping[str, float]) -> float:
    return round(figures["distance"] / max(other["distance"], 1e-6), 4)


def halvings(works: Sequence[str], ways: int = HALVINGS) -> list[Halves]:
    """Ways to halve phrases of these works so that no work is in both halves.

    Both halves of one way have as many phrases; a few may be left out of it. There are two works
    at least.
    """
    names = sorted(set(works))
    members = {name: [i for i, work in enumerate(works) if work == name] for name in names}
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(ways):
        halves: tuple[list[int], list[int]] = ([], [])
        for place in rng.permutation(len(names)):
            min(halves, key=len).extend(members[names[place]])
        size = min(map(len, halves))
        one, other = (np.sort(rng.permutation(half)[:size]) for half in halves)
        found.append((one, other))
    return found


def _distances(shares: Mapping[str, Floats], works: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each set of phrases (P, bins), how far it is from the real ones.

    The real ones are set against those of the other half, all others against those of their own.
    """
    real = shares[REAL]
    among = likeness.distances(real, real)
    between = {who: likeness.distances(mine, real) for who, mine in shares.items()}
    found: dict[str, dict[str, list[float]]] = {who: {} for who in shares}
    for halves in halvings(works):
        for half, other in (halves, halves[::-1]):
            inside = likeness.among(among[np.ix_(half, half)])
            for who, mine in shares.items():
                rows = other if who == REAL else half
                pooled = mine[rows].mean(axis=0), real[half].mean(axis=0)
                found[who].setdefault("distance", []).append(
                    float(likeness.jensen_shannon(*pooled))
                )
                if not len(inside):  # one phrase has no distance to another
                    continue
                across = between[who][np.ix_(rows, half)].ravel()
                area = likeness.overlapped_area(inside, across)
                found[who].setdefault("overlapped_area", []).append(area)
    apart = np.array(works)[:, None] != np.array(works)
    for who, mine in shares.items():
        alone = likeness.jensen_shannon(mine, real)
        if who == REAL:
            alone = likeness.jensen_shannon(real[:, None], real[None])[apart]
        found[who]["paired"] = alone.tolist()
    return {
        who: {name: _mean(values) for name, values in figures.items()}
        for who, figures in found.items()
    }


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 6)


def _character(phrases: Sequence[Phrase], keys: Sequence[Floats]) -> dict[str, float]:
    """The figures of single phrases; `keys` are how each key fits their prompts."""
    own = [fits(each) for each in phrases]
    return {
        "key_agreement": _mean([a.argmax() == b.argmax() for a, b in zip(own, keys, strict=True)]),
        "key_fit": _mean([a[b.argmax()] for a, b in zip(own, keys, strict=True)]),
        "pitch_class_entropy": _mean([pitch_class_entropy(each) for each in phrases]),
        "groove_consistency": _mean([groove_consistency(each) for each in phrases]),
    }


def _copied(made: Mapping[str, list[Phrase]], learnt: Pieces) -> dict[str, dict[str, float]]:
    every = [each.pitch for phrases in made.values() for each in phrases]
    found = np.split(
        copies.longest(learnt, every), np.cumsum([len(phrases) for phrases in made.values()])[:-1]
    )
    return {
        who: {"median": float(np.median(notes)), "max": int(notes.max())}
        for who, notes in zip(made, found, strict=True)
    }
