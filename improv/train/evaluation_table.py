"""The report of an evaluation in words: figures side by side, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from improv.train.generated import WITHIN
from improv.train.likeness import FEATURES

_MARKS = (
    ("pitch", "nats"),
    ("pitch", "top1"),
    ("pitch", "top5"),
    *((factor, mark) for factor in ("step", "duration") for mark in ("nats", "mse", "mae")),
    ("velocity", "nats"),
)
_CHARACTER = ("key_agreement", "key_fit", "pitch_class_entropy", "groove_consistency")
_FIRST, _OTHERS = 22, 17  # letters of the columns


def table(report: Mapping[str, Any]) -> str:
    """What was foretold, and what was played after the prompts where there were any."""
    notes = f"{report['notes']:,} notes, {report['targets']:,} foretold"
    heard = f", heard as {report['style']}" if report["style"] else ""
    first = f"{report['pieces']} pieces, split {report['split']}: {notes}{heard}"
    lines = [first, *_foretold(report)]
    made = report["generated"]
    if made["prompts"]:
        lines += ["", *_generated(made, report["style"])]
    elif "why" in made:
        lines += ["", f"nothing was generated: {made['why']}"]
    return "\n".join(lines)


def _foretold(report: Mapping[str, Any]) -> list[str]:
    """The model's figures beside the baselines'; times in seconds, errors of the best one time."""
    baselines = report["baselines"]
    columns = {
        report["model"]: report,
        **({"seed": baselines["seed"]} if "seed" in baselines else {}),
        "order-3 Markov": baselines["markov"],
        "unigram": baselines["unigram"],
        "student's report": report["reference"],
    }
    lines = [_row("", columns)]
    for factor, mark in _MARKS:
        values = [column.get(factor, {}).get(mark) for column in columns.values()]
        lines.append(_row(f"{factor} {mark}", values))
    for factor in report["calibration"]:
        values = [_error(column, factor) for column in columns.values()]
        lines.append(_row(f"{factor} calibration", values))
    return lines


def _error(column: Mapping[str, Any], factor: str) -> Any:
    found = column.get("calibration", {}).get(factor)
    return found["error"] if isinstance(found, dict) else found


def _generated(made: Mapping[str, Any], style: str | None) -> list[str]:
    """How far from real music each one's is: of real music from real music, 1."""
    others = [who for who in ("model", "seed", "markov") if who in made]
    asked = f"{made['prompts']} prompts of {made['works']} works, {made['notes']} notes after each"
    lines = [
        f"{asked}, played as {style}" if style else asked,
        "distance from the real notes, times that of real music from other real music",
        "(in brackets: times that from other notes of the same pieces)",
        _row("", ["real", *others]),
    ]
    real = made["real_against_real"]["distributions"]
    for name in FEATURES:
        cells = []
        for who in others:
            figures = made[who]["distributions"][name]
            same = figures.get("ratio_same_pieces")
            cells.append(f"{figures['ratio']:.2f}" + ("" if same is None else f" ({same:.2f})"))
        lines.append(_row(name, [f"1 = {real[name]['distance']:.3f}", *cells]))
    within = [f"{made[who]['within']} of {len(FEATURES)}" for who in others]
    lines.append(_row(f"within {WITHIN:g}", ["", *within]))
    for measure, words in (("overlapped_area", "overlap"), ("paired", "paired")):
        for name in FEATURES:
            rows = ("real_against_real", *others)
            values = [made[who]["distributions"][name].get(measure) for who in rows]
            lines.append(_row(f"{words} {name}", values))
    everyone = ("real", *others)
    lines += [
        _row(name.replace("_", " "), [made[who][name] for who in everyone]) for name in _CHARACTER
    ]
    copies = [made[who].get("longest_copy") for who in everyone]
    if all(copies):
        cells = [f"{notes['median']:g}, at most {notes['max']}" for notes in copies]
        lines.append(_row("longest copy, notes", cells))
    return lines


def _row(first: str, others: Sequence[Any] | Mapping[str, Any]) -> str:
    cells = [f"{x:.4f}" if isinstance(x, float) else "-" if x is None else str(x) for x in others]
    return (f"{first:<{_FIRST}}" + "".join(f"{cell:>{_OTHERS}}" for cell in cells)).rstrip()
