"""What the doctor finds, and that finding nothing is never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from improv.session.doctor import (
    Finding,
    State,
    examine,
    find_soundfont,
    judge_memory,
    judge_priority,
    judge_timing,
    python,
    recording,
    show,
)

EVERYTHING = """
import sys
from improv.session.doctor import State, examine
for finding in examine():
    print(finding.state.value, "|", finding.name, "|", finding.detail, "|", finding.fix)
    assert finding.state is State.OK or finding.fix, finding
assert not {"tensorflow", "textual"} & set(sys.modules)
"""


def _run(**env: str) -> dict[str, str]:
    """Each finding of a fresh process by its name; nothing else may be printed."""
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        capture_output=True,
        text=True,
        env=os.environ | {"JACK_DEFAULT_SERVER": "improv-nonesuch", "CI": "true"} | env,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return {line.split(" | ")[1]: line for line in done.stdout.splitlines()}


def test_everything_is_looked_at_without_a_word_from_c_and_without_tensorflow() -> None:
    """Each finding that is not well has a fix; the screen stays clean."""
    found = _run()
    assert list(found) == [
        "Python", "MIDI system", "MIDI ports", "virtual ports", "FluidSynth", "SoundFont",
        "sound device", "latency", "models", "LiteRT", "TensorFlow", "GPU", "timing", "priority",
        "memory", "takes", "logs",
    ]  # fmt: skip


def test_a_machine_without_midi_and_fluidsynth_is_told_what_to_install(tmp_path: Path) -> None:
    """Libraries that do not load are findings with the package to install."""
    for name in ("rtmidi", "fluidsynth"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('lib not found')")
    found = _run(PYTHONPATH=str(tmp_path))
    for name in ("MIDI system", "MIDI ports", "FluidSynth", "sound device"):
        assert found[name].startswith("missing | "), found[name]
        assert "install" in found[name]


def test_a_broken_soundfont_is_a_finding(tmp_path: Path) -> None:
    """A file that is none is named, with what to do."""
    (tmp_path / "a.sf2").write_bytes(b"not")
    finding = next(f for f in examine(str(tmp_path / "a.sf2")) if f.name == "SoundFont")
    assert finding.state is State.MISSING
    assert "a.sf2' is no SoundFont" in finding.detail
    assert finding.fix == "name an .sf2 or .sf3 file"


def test_a_soundfont_that_is_there_is_named_with_its_size(tmp_path: Path) -> None:
    """The finding says which file would be played."""
    (tmp_path / "a.sf2").write_bytes(b"RIFF\0\0\0\0sfbk")
    assert find_soundfont(str(tmp_path / "a.sf2")).detail.endswith("a.sf2 (0 MB)")


def test_timing_is_judged_by_the_rare_late_wake() -> None:
    """A machine that wakes 1 ms late is well; one that is 20 ms late now and then is not."""
    assert judge_timing([0.001] * 100).state is State.OK
    slow = judge_timing([0.001] * 95 + [0.020] * 5)
    assert slow.state is State.WARNING
    assert "1.00 ms late (p50), 20.00 ms (p99), 20.00 ms (worst)" in slow.detail


@pytest.mark.parametrize(
    ("version", "state"), [((3, 11), State.OK), ((3, 12), State.OK), ((3, 13), State.WARNING)]
)
def test_a_python_without_midi_wheels_is_warned_of(version: tuple[int, int], state: State) -> None:
    """python-rtmidi has no wheels beyond 3.12."""
    assert python(version).state is state


def test_the_table_says_state_and_fix_in_words() -> None:
    """Without colour nothing is lost."""
    out = StringIO()
    show(
        [Finding("MIDI ports", State.WARNING, "none [yet]", "plug in a keyboard")],
        Console(file=out, width=80, no_color=True),
    )
    said = out.getvalue()
    assert "MIDI ports  warning  none [yet]" in said
    assert "-> plug in a keyboard" in said


def test_a_musician_is_told_how_to_get_priority_and_memory_that_stays() -> None:
    """What is refused comes with the line of the file that grants it."""
    assert judge_priority("fifo").state is State.OK
    refused = judge_priority("normal", "linux")
    assert refused.state is State.WARNING
    assert "'@audio - rtprio 70'" in refused.fix
    assert judge_memory("locked").state is State.OK
    assert "'@audio - memlock unlimited'" in judge_memory("not locked", "linux").fix
    assert judge_memory("not locked", "darwin").state is State.OK


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_every_refusal_has_a_fix_of_its_system(platform: str) -> None:
    """Nobody on a Mac is told of a limits file."""
    assert "limits.d" not in judge_priority("normal", platform).fix
    assert judge_priority("normal", platform).fix


def test_takes_that_could_not_be_written_are_a_finding(own_takes, monkeypatch):
    """With where they would be and what to do; else how many there are."""
    found = recording()
    assert found.state is State.OK
    assert f"0 in {own_takes}" in found.detail
    (own_takes / "file").write_text("")
    monkeypatch.setenv("IMPROV_TAKES", str(own_takes / "file"))
    found = recording()
    assert found.state is State.WARNING
    assert "IMPROV_TAKES" in found.fix
