"""`improv calibrate` where there is nothing to measure: one sentence, and the right exit code."""

from __future__ import annotations

import pytest

from improv.cli import main


@pytest.fixture(autouse=True)
def nothing_here(tmp_path, monkeypatch):
    """No JACK server, and a configuration folder of the test's own."""
    for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "improv-nonesuch")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ("", 2, "--output"),
        ("--output virtual:a", 2, "one of the arguments --input --listen is required"),
        ("--output virtual:a --input virtual:a --listen jack", 2, "not allowed with"),
        ("--output virtual:a --input virtual:a --rounds 3", 2, "must be from 5 to 1000, not 3"),
        ("--output virtual:a --input virtual:a --wait 0", 2, "--wait must be from 0 to 600"),
        ("--output virtual:a --listen jack --channel 17", 2, "must be from 1 to 16, not 17"),
        ("--output usb --input virtual:a", 2, "not a port: 'usb'"),
        ("--output fluidsynth --input virtual:a", 2, "--output fluidsynth has no cable"),
        ("--output virtual:a --input none", 2, "--input none has no cable"),
        ("--output file:a.mid --listen jack", 2, "--output file:a.mid is not heard"),
        ("--output fluidsynth --listen radio", 2, "takes jack, jack:PORT or microphone"),
        ("--output fluidsynth --listen jack", 3, "JACK"),
    ],
)
def test_what_can_not_be_measured_is_refused(options, code, words, capsys, nothing_here):
    """Nothing opens, nothing is stored, nothing is on stdout."""
    assert main(["calibrate", *options.split()]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert not list(nothing_here.rglob("latency.toml"))


def test_a_damaged_file_is_said_before_anything_is_played(capsys, nothing_here):
    """What was stored for other devices is not thrown away."""
    (nothing_here / "improv").mkdir()
    from improv.session import latencies

    latencies.path().parent.mkdir(parents=True, exist_ok=True)
    latencies.path().write_text("damaged")
    assert main(["calibrate", "--output", "virtual:a", "--input", "virtual:a"]) == 2
    assert "latency.toml" in capsys.readouterr().err
    assert latencies.path().read_text() == "damaged"
