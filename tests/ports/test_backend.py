"""Choosing a MIDI system and finding ports by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from improv.errors import DeviceError, UsageError
from improv.ports.backend import Backend, PortList, find, order, parse_backend, stable_names

LIST = """
from improv.errors import DeviceError
from improv.ports.backend import Backend, available
try: available()
except DeviceError as error: print(error)
"""
NAMES = ["Midi Through Port-0", "Arturia KeyStep 37", "Arturia KeyStep 32"]


def test_a_port_is_found_by_its_name_or_by_a_part_only_it_has() -> None:
    """The exact name wins; else one that holds the text, whatever the case."""
    assert find("Arturia KeyStep 37", NAMES, "input") == 1
    assert find("step 32", NAMES, "input") == 2
    assert find("KeyStep", ["KeyStep", "KeyStep Pro"], "input") == 0


def test_a_port_that_is_not_there_is_answered_with_those_that_are() -> None:
    """The error lists what was found, or says none."""
    with pytest.raises(DeviceError, match="no MIDI input named 'Juno'; found: 'Midi Through Po"):
        find("Juno", NAMES, "input")
    with pytest.raises(DeviceError, match="no MIDI output named 'Juno'; found: none"):
        find("Juno", [], "output")


def test_a_name_that_two_ports_have_is_not_guessed_at() -> None:
    """Ambiguity is an error that lists both."""
    with pytest.raises(DeviceError, match="'Arturia KeyStep 37', 'Arturia KeyStep 32'"):
        find("keystep", NAMES, "input")


def test_alsa_numbers_are_left_out_unless_they_tell_two_apart() -> None:
    """Client numbers change when a keyboard is plugged in again; names don't."""
    raw = ["KeyStep:KeyStep MIDI 1 24:0", "Launch:MIDI 28:0", "Launch:MIDI 32:0"]
    assert stable_names(raw, Backend.ALSA) == ["KeyStep:KeyStep MIDI 1", *raw[1:]]
    assert stable_names(raw, Backend.COREMIDI) == raw


def test_every_platform_has_its_order_and_linux_falls_through_to_jack() -> None:
    """Systems are tried one by one; rtmidi's default would never try JACK."""
    assert order("linux") == (Backend.ALSA, Backend.JACK)
    assert order("darwin")[0] is Backend.COREMIDI
    assert order("win32") == (Backend.WINMM,)


def test_a_midi_system_is_named_by_its_word() -> None:
    """An unknown word is answered with those that would do."""
    assert parse_backend(" JACK ") is Backend.JACK
    with pytest.raises(UsageError, match="no MIDI system named 'oss'; this computer may have"):
        parse_backend("oss")


def test_without_the_systems_library_the_fix_is_said(tmp_path: Path) -> None:
    """Where rtmidi does not import (no libasound2), listing ports is a DeviceError."""
    (tmp_path / "rtmidi.py").write_text("raise ImportError('libasound.so.2: cannot open')")
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert "MIDI needs a system library: libasound.so.2: cannot open; " in done.stdout


def test_a_midi_system_that_does_not_answer_is_said_in_one_sentence_and_no_noise() -> None:
    """C's own words about it stay off the screen."""
    done = subprocess.run(
        [sys.executable, "-c", LIST.replace("available()", "available(Backend.JACK)")],
        capture_output=True,
        text=True,
        env=os.environ | {"JACK_DEFAULT_SERVER": "improv-nonesuch"},
        check=True,
    )
    assert done.stdout.startswith("no MIDI system answers (jack tried); ")
    assert done.stderr == ""


def test_own_ports_can_be_left_out_of_a_list() -> None:
    """What improv made itself is not offered to be wired back to it."""
    ports = PortList(("improv:out", "a"), ("improv-in:in", "b"), Backend.JACK)
    assert ports.without(["improv:out", "improv-in:in"]) == PortList(("a",), ("b",), Backend.JACK)
