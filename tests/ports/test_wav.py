"""FluidSynth into a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from improv.errors import DeviceError, InputError, UsageError
from improv.ports.soundfont import find_soundfont
from improv.ports.wav import render_wav

NOTE = [(0.5, b"\x90\x3c\x64"), (1.0, b"\x80\x3c\x00")]


def test_a_note_sounds_when_it_is_due_and_dies_away(fluidsynth: None, tmp_path: Path) -> None:
    """Silence until the note-on, to 5 ms; then sound; then the tail, to silence; 16-bit stereo."""
    render_wav(tmp_path / "a.wav", NOTE)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_16"
    assert (rate, samples.shape[1]) == (44_100, 2)
    first = np.flatnonzero(np.abs(samples).max(axis=1))[0] / rate
    assert 0.5 <= first < 0.505
    assert 0.05 < np.abs(samples).max() < 1
    assert 1.0 < len(samples) / rate < 13
    assert np.abs(samples[-100:]).max() < 0.001


def test_the_same_messages_give_the_same_bytes_in_any_process(
    fluidsynth: None, tmp_path: Path
) -> None:
    """Nothing depends on C's random numbers, the time or what was rendered before."""
    code = (
        "import sys; from pathlib import Path; from improv.ports.wav import render_wav;"
        f"render_wav(Path(sys.argv[1]), {NOTE!r})"
    )
    for name in ("a.wav", "b.wav"):
        render_wav(tmp_path / name, NOTE)
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "c.wav")], check=True)
    first, *others = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
    assert others == [first, first]


def test_a_pedal_left_down_and_a_note_left_on_still_end(fluidsynth: None, tmp_path: Path) -> None:
    """The file ends in silence within the longest tail, whatever was left sounding."""
    organ = [(0.0, b"\xc0\x13"), (0.0, b"\xb0\x40\x7f"), (0.0, b"\x90\x3c\x64")]
    render_wav(tmp_path / "a.wav", organ)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert len(samples) / rate < 12.5
    assert np.abs(samples[-100:]).max() < 0.001


def test_every_kind_of_channel_message_is_taken(fluidsynth: None, tmp_path: Path) -> None:
    """Program, control, bend and both pressures change nothing about there being sound."""
    kinds = [b"\xc0\x05", b"\xb0\x07\x40", b"\xe0\x00\x50", b"\xd0\x40", b"\xa0\x3c\x40"]
    render_wav(tmp_path / "a.wav", [(0.0, kind) for kind in kinds] + NOTE)
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(samples).max() > 0.01


def test_no_messages_make_a_short_silent_file(fluidsynth: None, tmp_path: Path) -> None:
    """An empty piece is a file of silence, not an error."""
    render_wav(tmp_path / "a.wav", [])
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert not samples.any()


def test_a_file_that_cannot_be_made_leaves_the_old_one(fluidsynth: None, tmp_path: Path) -> None:
    """A SoundFont that is damaged inside is refused, and nothing is replaced or left behind."""
    wav, damaged = tmp_path / "a.wav", tmp_path / "damaged.sf2"
    wav.write_bytes(b"old")
    damaged.write_bytes(find_soundfont().read_bytes()[:400])
    with pytest.raises(DeviceError, match=r"does not read the SoundFont .*damaged\.sf2"):
        render_wav(wav, NOTE, damaged)
    with pytest.raises(InputError, match="no SoundFont at"):
        render_wav(wav, NOTE, tmp_path / "gone.sf2")
    with pytest.raises(UsageError, match=r"b\.wav' can't be written: No such file"):
        render_wav(tmp_path / "gone" / "b.wav", NOTE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "damaged.sf2"]
    assert wav.read_bytes() == b"old"
