"""`improv calibrate`: the ports opened, the rounds played, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing, suppress

from improv.errors import DeviceError, InputError, UsageError
from improv.music.event import Event
from improv.play.clock import Inbox, monotonic
from improv.play.interfaces import Output
from improv.ports import midi
from improv.ports.device import device
from improv.ports.spec import Kind, PortSpec, parse_spec
from improv.session.calibration import BEFORE, Calibration, Clicks, Loop, by_cable, by_ear

CLAVES = (9, 75)  # channel and pitch, General MIDI's percussion: one hard click
NOTE = 84  # for an instrument nobody knows: C6, short in most sounds

Say = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Called with (rounds done, rounds in all)."""


def over_cable(
    output: str, source: str, *, rounds: int, wait: float, say: Say, progress: Progress
) -> Calibration:
    """Measure the round trip from `output` over a cable to the input `source`.

    `wait`: seconds until a cable must be there. Raises UsageError, DeviceError, InputError.
    """
    out_spec, in_spec = parse_spec(output), parse_spec(source)
    for spec, option in ((out_spec, "--output"), (in_spec, "--input")):
        if spec.kind not in {Kind.VIRTUAL, Kind.PORT}:
            raise UsageError(
                f"{option} {spec} has no cable; give a port, or listen to its sound with --listen"
            )
    inbox: Inbox[Event] = Inbox()
    with (
        closing(midi.open_output(out_spec)) as out,  # first: the input may be its other end
        closing(midi.open_input(in_spec, inbox.put)) as into,
    ):
        loop = Loop(out, inbox, monotonic)
        way = f"from {out.port!r} to {into.port!r}"
        if not loop.find(wait, lambda: say(f"waiting for a cable {way}")):
            raise InputError(
                f"nothing came back {way} in {wait:g} s; connect the two and try again"
            )
        trips = _counted(loop.trips(rounds), rounds, progress)
        inside = out_spec.kind is Kind.VIRTUAL and (
            in_spec.kind is Kind.VIRTUAL or into.port == out.port
        )
        return by_cable(device(out), into.name, trips, inside=inside)


def by_sound(
    output: str,
    listen: str,
    *,
    rounds: int,
    wait: float,
    channel: int,
    soundfont: str | None,
    say: Say,
    progress: Progress,
) -> Calibration:
    """Measure how long after a click is sent to `output` it sounds.

    Args:
        output: its spec.
        listen: ``jack`` (FluidSynth's own port), ``jack:PORT`` (any audio port there, or part of
            its name) or ``microphone`` (the first input of the sound card that JACK has).
        rounds: how many clicks.
        wait: seconds until one must be heard.
        channel: 0-15, of an instrument other than FluidSynth.
        soundfont: for FluidSynth.
        say: one line for the musician.
        progress: hears of every round.

    Raises UsageError, DeviceError, InputError.
    """
    from improv.ports.ear import Ear  # NumPy
    from improv.ports.recording import onset

    way, _, named = listen.partition(":")
    if way not in {"jack", "microphone"} or (way == "microphone" and named):
        raise UsageError(f"--listen takes jack, jack:PORT or microphone, not {listen!r}")
    spec = parse_spec(output)
    if spec.kind in {Kind.FILE, Kind.NONE}:
        raise UsageError(f"--output {spec} is not heard; give a port or fluidsynth")
    on, pitch = CLAVES if spec.kind is Kind.FLUIDSYNTH else (channel, NOTE)

    with Ear() as ear:
        before = set(ear.sources())
        with closing(_open(spec, soundfont)) as out:
            if way == "microphone":
                port = _microphone(ear.microphones())
            elif named:
                port = _named(named, ear.sources())
            elif spec.kind is Kind.FLUIDSYNTH:
                port = _new(ear.sources(), before)
            else:
                found = ", ".join(repr(name) for name in ear.sources())
                raise UsageError(f"say where {spec} sounds: --listen jack:PORT; found: {found}")
            ear.listen(port)

            def hear(sent: float, now: float) -> float | None:
                return onset(ear.recording.heard(sent - BEFORE, now), sent)

            clicks = Clicks(out, hear, Inbox(), monotonic, channel=on, pitch=pitch)
            if not clicks.find(wait, lambda: say(f"listening to {port!r} for {output}")):
                raise InputError(
                    f"nothing of {output} was heard at {port!r} in {wait:g} s; see that it is"
                    " loud enough there, and try again"
                )
            heard = _counted(clicks.onsets(rounds), rounds, progress)
            capture, playback = ear.latency(port)
            return by_ear(device(out), f"jack:{port}", heard, capture=capture, playback=playback)


def _open(spec: PortSpec, soundfont: str | None) -> Output:
    match spec.kind:
        case Kind.FLUIDSYNTH:
            from improv.ports import synth

            return synth.open_output(soundfont)
        case _:
            return midi.open_output(spec)


def _counted(values: Iterable[float | None], rounds: int, progress: Progress) -> list[float | None]:
    counted = []
    for value in values:
        counted.append(value)
        progress(len(counted), rounds)
    return counted


def _new(sources: list[str], before: set[str]) -> str:
    """The port that FluidSynth has just made."""
    with suppress(StopIteration):
        return next(name for name in sources if name not in before)
    raise DeviceError(
        "FluidSynth does not sound through JACK here, so it can't be heard there; use"
        " --listen microphone, or jack:PORT"
    )


def _named(named: str, sources: list[str]) -> str:
    if named in sources:
        return named
    holds = [name for name in sources if named.casefold() in name.casefold()]
    if len(holds) == 1:
        return holds[0]
    found = ", ".join(repr(name) for name in (holds or sources)) or "none"
    several = "more than one JACK audio port is" if holds else "no JACK audio port is"
    raise DeviceError(f"{several} named like {named!r}; found: {found}")


def _microphone(microphones: list[str]) -> str:
    if not microphones:
        raise DeviceError("JACK has no sound card with an input; start it on one, or use jack:PORT")
    return microphones[0]
