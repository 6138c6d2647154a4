"""Presets: some or all of the knobs, in a file of their own.

A preset is a TOML file: a `title`, `morph` (seconds it takes to come in; left out, the knob of that
name says) and a table `[params]` with as many knobs as it is about; the others stay as they are, or
with `whole = true` go to their defaults, all but those that say how it is wired up.
Those of the musician are in `presets` in the user's configuration folder, and slot 3 is `3.toml`
there; those that come with improv are in `configs/presets` and stand in the first slots until
something is stored there. The names that are asked for may come over a network, so a name is only
ever compared with those that are there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from improv import config
from improv.errors import UsageError
from improv.play.params import KNOBS, Params, Value
from improv.ports.atomic import replace_bytes

SLOTS = range(1, 10)
SHIPPED = (  # in the order of their slots
    "piano-duet",
    "call-and-response",
    "harmoniser",
    "ambient",
    "mono-synth",
    "daw-clock",
    "trio",
    "accompanist",
)
SETTINGS = frozenset({"morph", "recall"})
"""Knobs that say how presets come in: a preset that is stored leaves them as they are."""
WIRING = frozenset({"channel", "bank", "program", "thru", "transpose"})
"""Knobs that a whole preset turns only if it names them: they go with the instruments there are."""
LONGEST_MORPH = KNOBS["morph"].high


@dataclass(frozen=True, slots=True)
class PresetFile:
    """What a preset's file may hold."""

    title: str = ""
    morph: float | None = None  # in seconds
    whole: bool = False
    params: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.morph is not None and not 0 <= self.morph <= LONGEST_MORPH:
            raise UsageError(f"morph must be from 0 to {LONGEST_MORPH:g} s, not {self.morph:g}")


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset that was read."""

    name: str
    title: str
    params: dict[str, Value]
    morph: float | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A preset there is: what it is asked for by, its slot if it has one, and its file."""

    name: str
    slot: int | None
    path: Path
    shipped: bool


def folder() -> Path:
    """Where the musician's own are."""
    return config.user_path().with_name("presets")


def shelf() -> list[Listed]:
    """All there are: the slots that hold one in their order, then the others by name."""
    own = {path.stem: path for path in sorted(folder().glob("*.toml"))}
    shipped = {name: path for name, path in _shipped().items() if name not in own}
    slots = []
    for slot in SLOTS:
        if str(slot) in own:
            slots.append(Listed(str(slot), slot, own.pop(str(slot)), shipped=False))
        elif slot <= len(SHIPPED) and SHIPPED[slot - 1] in shipped:
            name = SHIPPED[slot - 1]
            slots.append(Listed(name, slot, shipped.pop(name), shipped=True))
    return [
        *slots,
        *(Listed(name, None, path, shipped=False) for name, path in own.items()),
        *(Listed(name, None, path, shipped=True) for name, path in shipped.items()),
    ]


def load(name: str) -> Preset:
    """The preset of that name or slot. Raises UsageError, which names the file, table and key."""
    there = shelf()
    wanted = name.strip().casefold()
    for listed in there:
        if wanted in {listed.name.casefold(), str(listed.slot)}:
            return read(listed.path)
    names = ", ".join(listed.name for listed in there) or "none"
    if wanted in {str(slot) for slot in SLOTS}:
        raise UsageError(f"nothing is stored in slot {wanted}; there are: {names}")
    raise UsageError(f"no preset named {name[:60]!r}; there are: {names}")


def read(path: Path) -> Preset:
    """Raises UsageError."""
    held = config.load_table(path, PresetFile)
    others = KNOBS.keys() - SETTINGS - WIRING if held.whole else ()
    params = {name: KNOBS[name].default for name in KNOBS if name in others} | held.params
    return Preset(path.stem, held.title or title(path.stem), params, held.morph)


def title(name: str) -> str:
    """What a preset without a title of its own is called."""
    return f"slot {name}" if name.isdecimal() else name.replace("-", " ")


def store(slot: int, params: Params) -> Path:
    """Keep the knobs as they stand in a slot, in place of what was there. Raises UsageError."""
    if slot not in SLOTS:
        raise UsageError(f"presets have the slots 1 to 9, not {slot}")
    path = folder() / f"{slot}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, _text(params).encode())
    except OSError as error:
        raise UsageError(f"cannot write {str(path)!r}: {error.strerror}") from None
    return path


def _text(params: Params) -> str:
    lines = [
        "# A preset of improv. Take out the lines of knobs it is not about; give it a name by",
        '# title = "...", and a time to come in by morph = 4.0 (seconds), above the table.',
        "",
        "[params]",
    ]
    # what JSON makes of a text, a number or a truth value is what TOML makes of it
    lines += [
        f"{name} = {json.dumps(getattr(params, name), ensure_ascii=False)}"
        for name in KNOBS
        if name not in SETTINGS
    ]
    return "\n".join(lines) + "\n"


def _shipped() -> dict[str, Path]:
    """Those that come with improv, in a checkout or installed."""
    package = Path(__file__).resolve().parents[1]
    for place in (package.parent / "configs" / "presets", package / "configs" / "presets"):
        if place.is_dir():
            return {path.stem: path for path in sorted(place.glob("*.toml"))}
    return {}
