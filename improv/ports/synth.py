"""Sound from this computer: FluidSynth live as an output, and a WAV file off the clock.

The live output tries the sound systems of the platform, best first, and believes only a driver
that exists: FluidSynth's own start says it is well without any sound card.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from ctypes import c_int, c_void_p
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from improv.errors import DeviceError, UsageError
from improv.music.event import Source
from improv.play.interfaces import Message
from improv.ports.atomic import replacing
from improv.ports.backend import Backend, working
from improv.ports.fluid import CHANNELS, Fluid, function, library
from improv.ports.quiet import quiet
from improv.ports.soundfont import find_soundfont

NAME = "fluidsynth"
CLIENT = "improv-synth"  # what others see on JACK: improv-synth:left and improv-synth:right
RATE = 44_100

CHUNK = 4096  # frames rendered at a time
SILENCE = 10 ** (-80 / 20)  # of full scale; a chunk below it has died away
LONGEST_TAIL = 12.0  # seconds after which the file ends though something rings
RELEASE = tuple(
    bytes((0xB0 | channel, control, 0)) for channel in range(CHANNELS) for control in (64, 66, 123)
)


class FluidOutput:
    """The live synth. A message that FluidSynth would not do is counted in `faults`."""

    name = NAME
    is_take = False

    def __init__(self, fluid: Fluid, driver: str, soundfont: Path) -> None:
        self.driver = driver
        self.soundfont = soundfont
        self.faults = 0
        self._fluid = fluid
        self._closed = False

    def send(self, message: Message, at: float, source: Source) -> None:  # noqa: ARG002  # Output's
        if self._closed:
            raise DeviceError(f"the output {self.name} is closed")
        if not self._fluid.play(message):
            self.faults += 1

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._fluid.delete()


def open_output(soundfont: str | Path | None = None) -> FluidOutput:
    """Start FluidSynth on the first sound system that plays.

    Raises DeviceError where libfluidsynth, a sound device or a SoundFont is missing, InputError
    where `soundfont` is none.
    """
    path = check(soundfont)
    fluid = Fluid(path, RATE)
    tried = drivers()
    for driver in tried:
        if _start(fluid, driver):
            return FluidOutput(fluid, driver, path)
    fluid.delete()
    raise DeviceError(f"no sound device answers ({', '.join(tried)} tried); {fix_sound()}")


def check(soundfont: str | Path | None = None) -> Path:
    """See that sound can be made, on a device or into a file; the SoundFont it would use.

    Raises as `open_output`, but for the sound device.
    """
    library()
    return find_soundfont(Path(soundfont) if soundfont else None)


def drivers(platform: str = sys.platform) -> tuple[str, ...]:
    """FluidSynth's names of the sound systems to try, best first.

    JACK comes first where its server runs, since then it has the card, and is otherwise left
    out, since FluidSynth would start one.
    """
    if platform == "darwin":
        return ("coreaudio",)
    if platform == "win32":
        return ("wasapi", "dsound", "waveout")
    without_jack = ("pipewire", "pulseaudio", "alsa")
    try:
        working(Backend.JACK)
    except DeviceError:
        return without_jack
    return ("jack", *without_jack)


def fix_sound(platform: str = sys.platform) -> str:
    """What a musician does who has no sound device."""
    if platform.startswith("linux"):
        return (
            "see that a sound server runs (systemctl --user start pipewire-pulse) or that you are"
            " in the group audio, or play through a port"
        )
    return "choose a device in the system's sound settings, or play through a port"


def _start(fluid: Fluid, driver: str) -> bool:
    """Whether FluidSynth now sounds through `driver`.

    Not through pyfluidsynth's start, which also opens a MIDI input that others would see.
    """
    module, synth = library(), fluid.synth
    with quiet():
        for setting, value in (("audio.driver", driver), ("audio.jack.id", CLIENT)):
            module.fluid_settings_setstr(synth.settings, setting.encode(), value.encode())
        module.fluid_settings_setint(synth.settings, b"audio.jack.autoconnect", 1)
        if synth.get_setting("audio.driver") != driver:
            return False  # this FluidSynth was built without it
        synth.audio_driver = module.new_fluid_audio_driver(synth.settings, synth.synth)
    return synth.audio_driver is not None


# --- off the clock -------------------------------------------------------------------------


def render_wav(
    path: Path,
    messages: Sequence[tuple[float, Message]],
    soundfont: str | Path | None = None,
    sample_rate: int = RATE,
) -> None:
    """Write what `messages` (seconds, message) sound like as a stereo 16-bit WAV file.

    Each takes effect within FluidSynth's block of 64 frames. Pedals and notes are let go after
    the last one, and the file ends when that has died away. Same arguments, same bytes. The file
    is the old one or the new one, never half. Raises UsageError, DeviceError, InputError.
    """
    fluid = Fluid(check(soundfont), sample_rate)
    try:
        with (
            replacing(path) as temporary,
            soundfile.SoundFile(
                temporary, "w", sample_rate, channels=2, subtype="PCM_16", format="WAV"
            ) as wav,
        ):
            for samples in _rendered(fluid, messages, sample_rate):
                wav.write(samples)
    except (OSError, soundfile.SoundFileError) as error:
        reason = getattr(error, "strerror", None) or error  # without the temporary file's name
        raise UsageError(f"{str(path)!r} can't be written: {reason}") from error
    finally:
        fluid.delete()


def _rendered(
    fluid: Fluid, messages: Sequence[tuple[float, Message]], sample_rate: int
) -> Iterator[NDArray[np.int16]]:
    """Chunks (frames, 2), from 0 seconds until it is quiet after the last message."""
    draw = function(  # floats: FluidSynth's own 16 bits come with dither from C's random numbers
        library(), "fluid_synth_write_float", c_int,
        c_void_p, c_int, c_void_p, c_int, c_int, c_void_p, c_int, c_int,
    )  # fmt: skip

    def chunk(frames: int) -> NDArray[np.float32]:
        samples = np.zeros((frames, 2), np.float32)
        left = samples.ctypes.data
        if draw(fluid.synth.synth, frames, left, 0, 2, left, 1, 2) != 0:
            raise DeviceError("FluidSynth stopped rendering; try another SoundFont")
        return samples

    done = 0
    for at, message in sorted(messages, key=lambda timed: timed[0]):
        due = round(at * sample_rate)
        while done < due:
            frames = min(CHUNK, due - done)
            yield _to_16_bits(chunk(frames))
            done += frames
        fluid.play(message)
    for message in RELEASE:
        fluid.play(message)
    for _ in range(round(LONGEST_TAIL * sample_rate / CHUNK)):
        samples = chunk(CHUNK)
        yield _to_16_bits(samples)
        if np.abs(samples).max() < SILENCE:
            break


def _to_16_bits(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Full scale is 1.0; what is louder is cut."""
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)
