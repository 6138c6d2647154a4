"""Configuration files: TOML in, frozen dataclasses out.

`configs/default.toml` is complete and is the reference; every other file may be partial. An
unknown table or key, or a value of the wrong kind, is an error that names file, table and key.
The file improv reads without being told is `improv.toml` in the user's configuration folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import platformdirs

from improv.errors import ImprovError, UsageError
from improv.play.params import KNOBS, Params, Value
from improv.ports.spec import Kind, parse_spec

T = TypeVar("T")
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    tuple[str, ...]: "a list of texts in brackets",
}
_TABLES = (dict[str, float], dict[str, Value])  # whose keys are any: latencies, or some knobs
LONGEST_LATENCY = 2000.0
"""In ms: what a wireless loudspeaker may take."""


@dataclass(frozen=True, slots=True)
class Session:
    """The [session] table: what is opened at the start. None: whatever this machine has."""

    model: str = "default"
    device: str = "auto"
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    metronome: str | None = None  # the output that clicks
    active_sensing: bool = False  # to MIDI outputs, four times a second
    soundfont: str | None = None
    prompt: str | None = None
    seed: int | None = None  # None: a new one each time, shown on the screen
    latency: dict[str, float] = field(default_factory=dict)  # of outputs, by spec, in ms

    def __post_init__(self) -> None:
        if self.device not in {"auto", "cpu", "gpu"}:
            raise UsageError(f"device must be auto, cpu or gpu, not {self.device!r}")
        for spec in (*(self.inputs or ()), *(self.outputs or ()), self.metronome or "none"):
            parse_spec(spec)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration file for `improv play`."""

    session: Session = field(default_factory=Session)
    params: Params = field(default_factory=Params)


def user_path() -> Path:
    """The file that is read when none is named."""
    return platformdirs.user_config_path("improv", appauthor=False) / "improv.toml"


def load(path: Path | None) -> Config:
    """Read a configuration; None reads the user's own if there is one, else the defaults."""
    if path is None:
        path = user_path()
        if not path.is_file():
            return Config()
    return load_table(path, Config)


def load_table(path: Path, kind: type[T]) -> T:
    """Read a TOML file as a frozen dataclass whose fields are its keys and tables."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        raise UsageError(f"no configuration file {str(path)!r}") from None
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    return _build(kind, table, f"{path}:")


def _build(kind: type[T], table: dict[str, Any], where: str) -> T:
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # callers give dataclasses
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{where} unknown key {key!r}; known: {', '.join(sorted(known))}")
        is_table = is_dataclass(hints[key]) or hints[key] in _TABLES
        if is_table and not isinstance(value, dict):
            raise UsageError(f"{where} {key} must be a table, not {value!r}")
        if is_dataclass(hints[key]):
            values[key] = _build(hints[key], value, f"{where} [{key}]")
        elif hints[key] == dict[str, Value]:
            values[key] = some_knobs(value, f"{where} [{key}]")
        elif is_table:
            values[key] = latencies(value, f"{where} {key}")
        else:
            values[key] = _value(hints[key], value, f"{where} {key}")
    try:
        return kind(**values)
    except ImprovError as error:
        raise UsageError(f"{where} {error}") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    allowed = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if float in allowed and type(value) is int:
        return float(value)
    for one in allowed:
        if one == tuple[str, ...] and isinstance(value, list):
            if all(isinstance(item, str) for item in value):
                return tuple(value)
        elif isinstance(one, type) and type(value) is one:
            return value
    names = " or ".join(_WORDS.get(one, str(one)) for one in allowed if one is not type(None))
    raise UsageError(f"{where} must be {names}, not {value!r}")


def some_knobs(table: Mapping[str, Any], where: str) -> dict[str, Value]:
    """Values of some of the knobs, each in its range. Raises UsageError, which begins `where`."""
    values: dict[str, Value] = {}
    for name, value in table.items():
        if name not in KNOBS:
            raise UsageError(f"{where} unknown key {name!r}; known: {', '.join(sorted(KNOBS))}")
        values[name] = _value(KNOBS[name].kind, value, f"{where} {name}")
    checked: dict[str, Any] = {"low": KNOBS["low"].low, "high": KNOBS["high"].high} | values
    try:
        Params(**checked)
    except UsageError as error:
        raise UsageError(f"{where} {error}") from None
    return values


def latencies(table: Mapping[str, Any], where: str) -> dict[str, float]:
    """Outputs' latencies in ms, by spec or by device. Raises UsageError, which begins `where`."""
    checked = {}
    for name, ms in table.items():
        if type(ms) not in {int, float} or not 0 <= ms <= LONGEST_LATENCY:
            raise UsageError(
                f"{where} {name!r} must be a number of ms from 0 to {LONGEST_LATENCY:g}, not {ms!r}"
            )
        if name.startswith(f"{Kind.FLUIDSYNTH.value}:"):  # a device, as calibrate stores it
            checked[name] = float(ms)
            continue
        try:
            spec = parse_spec(name)
        except UsageError as error:
            raise UsageError(f"{where} {error}") from None
        if spec.kind in {Kind.FILE, Kind.NONE}:
            raise UsageError(f"{where} {name!r} is not heard, so it has no latency")
        checked[str(spec)] = float(ms)
    return checked
