"""What was learnt, kept: `controls.toml` in the user's configuration folder.

A table for each device, a line for each control: ``"cc 21 channel 1" = "temperature"``. Devices
that are not there keep their lines.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improv import config
from improv.errors import UsageError
from improv.play import targets
from improv.play.controls import Control, control_of
from improv.play.params import KNOBS
from improv.ports.atomic import replace_bytes

_HEAD = """\
# Which control of which device turns which knob, learnt with L on improv's screen; "do.panic" is
# done at each press. `improv osc` has what can be done.
"""


def path() -> Path:
    """Where they are kept."""
    return config.user_path().with_name("controls.toml")


def stored() -> dict[Control, str]:
    """All that was learnt. Raises UsageError, which names file, table and key."""
    where = path()
    try:
        table = tomllib.loads(where.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {str(where)!r}: {error}; take it away") from None
    bindings: dict[Control, str] = {}
    for device, lines in table.items():
        if not isinstance(lines, dict):
            raise UsageError(f"{where}: {device!r} must be a table, not {lines!r}")
        bindings |= _device(device, lines, f"{where}: [{device!r}]")
    return bindings


def _device(device: str, lines: Mapping[str, Any], where: str) -> dict[Control, str]:
    learnt: dict[Control, str] = {}
    for words, knob in lines.items():
        try:
            control = control_of(device, words)
        except UsageError as error:
            raise UsageError(f"{where} {error}") from None
        if not isinstance(knob, str) or not targets.known(knob):
            known = ", ".join(KNOBS)
            raise UsageError(f"{where} {words!r} turns an unknown knob {knob!r}; known: {known}")
        learnt[control] = knob
    return learnt


def store(bindings: Mapping[Control, str]) -> None:
    """Keep these and no others. Raises UsageError, also where what is there can't be read."""
    stored()  # a file that a musician has written and mistyped is not to be lost
    where, lines, device = path(), [_HEAD], None
    for control, knob in sorted(bindings.items()):
        if control.device != device:
            device = control.device
            lines.append(f"\n[{json.dumps(device, ensure_ascii=False)}]\n")
        lines.append(f'"{control.words}" = "{knob}"\n')
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(where, "".join(lines).encode())
    except OSError as error:
        raise UsageError(f"cannot write {str(where)!r}: {error.strerror}") from None
