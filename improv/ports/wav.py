"""What messages sound like, as a WAV file: FluidSynth off the clock.

Same messages, SoundFont and FluidSynth: same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ctypes import c_int, c_void_p
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from improv.errors import DeviceError, UsageError
from improv.play.interfaces import Message
from improv.ports.atomic import replacing
from improv.ports.fluid import CHANNELS, Fluid, function, library
from improv.ports.synth import RATE, check

CHUNK = 4096  # frames rendered at a time
SILENCE = 10 ** (-80 / 20)  # of full scale; a chunk below it has died away
LONGEST_TAIL = 12.0  # seconds after which the file ends though something rings
RELEASE = tuple(
    bytes((0xB0 | channel, control, 0)) for channel in range(CHANNELS) for control in (64, 66, 123)
)


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
