"""FluidSynth itself: finding the library, a synth with a SoundFont, and messages put into it.

Rule: nothing here is believed without a look at what FluidSynth answered. It goes on in silence
without a sound card, without a SoundFont and with a driver it does not know, and its own words
about that go to the screen; here they are turned off.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
from collections.abc import Callable
from ctypes import c_int, c_void_p
from pathlib import Path
from types import ModuleType
from typing import Any

from improv.errors import DeviceError
from improv.play.interfaces import Message
from improv.quiet import quiet

CHANNELS = 16
GAIN = 0.8  # ten loud piano notes at once reach 0.44 of full scale
FLUID_OK = 0
LOG_LEVELS = 5  # panic, error, warning, information, debug
_HOMEBREW = ("/opt/homebrew", "/usr/local")  # Apple silicon, Intel


@functools.cache
def library() -> ModuleType:
    """The fluidsynth module, with its log turned off. Raises DeviceError if it does not load.

    Its import looks for libfluidsynth with ctypes, not in Homebrew's folder unless the variable
    HOMEBREW_PREFIX names it, and prints what it found where the variable CI is set.
    """
    homebrew = None
    if sys.platform == "darwin" and "HOMEBREW_PREFIX" not in os.environ:
        homebrew = next(
            (p for p in _HOMEBREW if Path(p, "lib", "libfluidsynth.dylib").exists()), None
        )
    if homebrew:
        os.environ["HOMEBREW_PREFIX"] = homebrew
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import fluidsynth  # here, since it fails to import without libfluidsynth
    except (ImportError, OSError, AttributeError) as error:
        raise DeviceError(f"FluidSynth's library was not found; {fix_library()}") from error
    finally:
        if homebrew:
            del os.environ["HOMEBREW_PREFIX"]
    be_silent = function(fluidsynth, "fluid_set_log_function", c_void_p, c_int, c_void_p, c_void_p)
    for level in range(LOG_LEVELS):
        be_silent(level, None, None)
    module: ModuleType = fluidsynth
    return module


def fix_library(platform: str = sys.platform) -> str:
    """How a musician gets libfluidsynth."""
    if platform == "darwin":
        return "install it with: brew install fluid-synth"
    if platform == "win32":
        return "install it with: choco install fluidsynth"
    return (
        "install it (apt: libfluidsynth3, dnf: fluidsynth-libs, pacman: fluidsynth) or play"
        " through a port"
    )


class Fluid:
    """A FluidSynth with one SoundFont loaded, without a sound device so far.

    `play` may be called from any one thread while a driver renders on its own: FluidSynth locks.
    """

    def __init__(self, soundfont: Path, sample_rate: int) -> None:
        """Raises DeviceError."""
        module = library()
        with quiet():
            self.synth: Any = module.Synth(gain=GAIN, samplerate=sample_rate, channels=CHANNELS)
            if not self.synth.synth:
                raise DeviceError("FluidSynth did not start; install it again")
            if self.synth.sfload(str(soundfont), 1) < 0:
                self.delete()
                raise DeviceError(
                    f"FluidSynth does not read the SoundFont {str(soundfont)!r};"
                    " name another with --soundfont"
                )
        inside = self.synth.synth
        pressure = function(module, "fluid_synth_channel_pressure", c_int, c_void_p, c_int, c_int)
        key_pressure = function(
            module, "fluid_synth_key_pressure", c_int, c_void_p, c_int, c_int, c_int
        )
        self._does: dict[int, Callable[..., Any]] = {
            0x9: self.synth.noteon,
            0xA: lambda channel, key, value: key_pressure(inside, channel, key, value),
            0xB: self.synth.cc,
            0xC: self.synth.program_change,
            0xD: lambda channel, value: pressure(inside, channel, value),
            0xE: lambda channel, low, high: self.synth.pitch_bend(
                channel, (low | high << 7) - 8192
            ),
        }

    def play(self, message: Message) -> bool:
        """Do what a channel message says; whether FluidSynth did it. Others it need not do."""
        kind, channel = message[0] >> 4, message[0] & 0xF
        if kind == 0x8 or (kind == 0x9 and message[2] == 0):
            self.synth.noteoff(channel, message[1])  # fails where the sample has ended by itself
            return True
        does = self._does.get(kind)
        return does is None or does(channel, *message[1:]) == FLUID_OK

    def delete(self) -> None:
        """Stop the driver if there is one, and free everything. Once only."""
        with quiet():
            self.synth.delete()


def function(module: ModuleType, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of libfluidsynth that pyfluidsynth leaves out."""
    named = ((f"a{index}", kind, 1) for index, kind in enumerate(arguments))
    found: Callable[..., Any] = module.cfunc(name, result, *named)
    return found
