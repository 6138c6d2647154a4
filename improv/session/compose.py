"""`improv generate`: a model, a prompt and a count in; a MIDI file, audio, a picture out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from improv.errors import UsageError
from improv.music.event import Note
from improv.play.params import Params
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
) -> Composition:
    """Improvise `count` notes from `opening` into `out`. Same arguments, same bytes.

    Raises UsageError for an ending that is neither .mid nor .wav, ModelRefused, DeviceError.
    """
    kind = out.suffix.lower()
    if kind not in {".mid", ".midi", ".wav"}:
        raise UsageError(f"{out.name!r} must end in .mid or .wav")
    if not out.parent.is_dir():
        raise UsageError(f"no folder {str(out.parent)!r} to write {out.name!r} into")
    if kind == ".wav":
        from improv.ports import synth

        synth.check(soundfont)  # before minutes of composing
    from improv.model.loading import load

    improviser = load(model, device)
    made = render(improviser, params, count=count, seed=seed, opening=opening)
    if kind == ".wav":
        from improv.ports import wav

        wav.render_wav(out, made.messages, soundfont)
    else:
        from improv.ports import take

        take.write_midi(out, made.messages)
    if plot is not None:
        from improv.session import picture

        picture.draw(made.notes, plot, title=out.name)
    seconds = max((note.start + note.duration for note in made.notes), default=0.0)
    return Composition(
        str(out), len(made.notes), round(seconds, 3), seed, improviser.name, improviser.backend
    )
