"""`improv generate`: a model, a prompt and a count in; a MIDI file, audio, a picture out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from improv.errors import UsageError
from improv.music.event import Note
from improv.play.params import Params, turned
from improv.ports.atomic import check_writable
from improv.session import players
from improv.session.naming import Naming
from improv.session.render import render


@dataclass(frozen=True, slots=True)
class Composition:
    """What was made."""

    out: str
    notes: int
    seconds: float
    seed: int
    model: str
    backend: str
    unused: tuple[str, ...] = ()  # knobs that were turned, and turn nothing in what it plays


def compose(
    *,
    out: Path,
    model: str,
    device: str,
    params: Params,
    count: int,
    seed: int,
    opening: tuple[Note, ...],
    soundfont: str | None = None,
    plot: Path | None = None,
    progress: Callable[[int, int], None],
    say: Callable[[str], None] = lambda _: None,
) -> Composition:
    """Improvise `count` notes from `opening` into `out`. Same arguments, same bytes.

    `progress` is called with (notes so far, notes in all), `say` with what isn't as it should be.

    Raises UsageError for an ending that is neither .mid nor .wav, ModelRefused, DeviceError.
    """
    kind = out.suffix.lower()
    if kind not in {".mid", ".midi", ".wav"}:
        raise UsageError(f"{out.name!r} must end in .mid or .wav")
    try:
        check_writable(out)  # before minutes of composing
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {str(out)!r}: {reason}; give another path") from None
    if kind == ".wav":
        from improv.ports import synth

        synth.check(soundfont)
    from improv.model.loading import load
    from improv.model.store import digest, find

    folder = find(model)
    improviser = load(folder, device)
    made = render(
        improviser,
        params,
        count=count,
        seed=seed,
        opening=opening,
        progress=lambda played: progress(played, count),
        names=Naming(say),
        players=players.known,
    )
    if kind == ".wav":
        from improv.ports import wav

        wav.render_wav(out, made.messages, soundfont)
    else:
        from improv.ports import take
        from improv.session import account, journal

        about = replace(made.about, version=account.this_improv(), digest=digest(folder))
        take.write(out, journal.sent(made.steps), account.account(about, made.steps))
    if plot is not None:
        from improv.session import picture

        picture.draw(made.notes, plot, title=out.name)
    seconds = max((note.start + note.duration for note in made.notes), default=0.0)
    return Composition(
        str(out),
        len(made.notes),
        round(seconds, 3),
        seed,
        improviser.name,
        improviser.backend,
        tuple(sorted(improviser.inert & turned(params))),
    )
