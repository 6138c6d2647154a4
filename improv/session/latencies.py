"""The latencies that were measured: `latency.toml` in the user's configuration folder.

One line a device: ``"port:MicroFreak MIDI 1" = 12.5``, in ms. `improv calibrate` writes it,
`improv play` reads it; what is set by option or configuration file goes before it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from improv import config
from improv.errors import UsageError
from improv.ports.atomic import replace_bytes

_HEAD = """\
# How many ms after it is sent to an output is heard, measured by `improv calibrate`.
# A line of yours under [session.latency] in improv.toml, or --output-latency, goes before it.
"""


def path() -> Path:
    """Where they are kept."""
    return config.user_path().with_name("latency.toml")


def stored() -> dict[str, float]:
    """What was measured so far, in ms by device; nothing where nothing was.

    Raises UsageError for a file that is damaged.
    """
    where = path()
    try:
        table = tomllib.loads(where.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {str(where)!r}: {error}; take it away") from None
    return config.latencies(table, f"{where}:")


def store(name: str, latency_ms: float) -> Path:
    """Keep a device's latency, beside those of others; the file. Raises UsageError."""
    where = path()
    kept = stored() | {name: round(latency_ms, 2)}
    # what JSON escapes in a text TOML escapes the same way
    lines = [f"{json.dumps(d, ensure_ascii=False)} = {ms}\n" for d, ms in sorted(kept.items())]
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(where, (_HEAD + "".join(lines)).encode())
    except OSError as error:
        raise UsageError(f"cannot write {str(where)!r}: {error.strerror}") from None
    return where


def wanted(
    configured: Mapping[str, float], given: Iterable[str] = ()
) -> tuple[tuple[str, float], ...]:
    """Every latency known, in ms by spec or device: as measured, as configured, as `given`.

    Args:
        configured: the [session.latency] table.
        given: ``SPEC=MS``, each.

    Raises UsageError.
    """
    options = {}
    for text in given:
        spec, equals, ms = text.rpartition("=")
        try:
            options[spec.strip()] = float(ms)
        except ValueError:
            equals = ""
        if not equals:
            raise UsageError(f"a latency is SPEC=MS, as in fluidsynth=23.5, not {text!r}")
    return tuple(
        (stored() | dict(configured) | config.latencies(options, "--output-latency:")).items()
    )
