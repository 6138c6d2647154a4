"""Sound from this computer: FluidSynth live, as an output.

It tries the sound systems of the platform, best first, and believes only a driver that exists:
FluidSynth's own start says it is well without any sound card. No NumPy here: the player opens it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from improv.errors import DeviceError
from improv.music.event import Source
from improv.play.interfaces import Message
from improv.ports.backend import Backend, PortList, working
from improv.ports.fluid import Fluid, library
from improv.ports.soundfont import find_soundfont
from improv.quiet import quiet

NAME = "fluidsynth"
CLIENT = "improv-synth"  # what others see on JACK: improv-synth:left and improv-synth:right
RATE = 44_100
STILL = 2
"""After how many looks without a sound rendered in between a device is taken to be gone."""


class Beat:
    """Whether a sound device still takes what FluidSynth renders, which nothing else says.

    A driver whose device was unplugged, or whose server died, ends and leaves FluidSynth in
    silence. A sequencer without a timer of its own counts what is rendered.
    """

    def __init__(self, fluid: Fluid) -> None:
        self._counter = library().Sequencer(use_system_timer=False)
        self._counter.register_fluidsynth(fluid.synth)
        self._last = -1
        self._still = 0

    def goes_on(self) -> bool:
        """To be asked once a second. Twice the same is no sign: a machine may have slept."""
        now = self._counter.get_tick()
        self._still = self._still + 1 if now == self._last else 0
        self._last = now
        return self._still < STILL

    def close(self) -> None:
        """Before its FluidSynth is."""
        self._counter.delete()


class FluidOutput:
    """The live synth. A message that FluidSynth would not do is counted in `faults`."""

    name = NAME
    is_take = False

    def __init__(self, fluid: Fluid, driver: str, soundfont: Path) -> None:
        self.driver = driver
        self.soundfont = soundfont
        self.faults = 0
        self._fluid = fluid
        self._beat = Beat(fluid)
        self._closed = False

    def is_there(self, ports: PortList | None) -> bool:  # noqa: ARG002  # as a MIDI port's
        """Whether its sound device is; to be asked once a second."""
        return self._beat.goes_on()

    def send(self, message: Message, at: float, source: Source) -> None:  # noqa: ARG002  # Output's
        if self._closed:
            raise DeviceError(f"the output {self.name} is closed")
        if not self._fluid.play(message):
            self.faults += 1

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._beat.close()
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
