"""Keeping C's noise off the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from improv.quiet import quiet


def test_what_c_prints_goes_to_the_log_and_later_words_to_the_screen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Descriptor 2 is given back on leaving, also out of a nested block."""
    log = tmp_path / "noise.log"
    with quiet(log):
        os.write(2, b"ALSA lib noise\n")
        with quiet():
            os.write(2, b"nowhere\n")
        os.write(2, b"more\n")
    os.write(2, b"to the musician\n")
    assert log.read_text() == "ALSA lib noise\nmore\n"
    assert capfd.readouterr().err == "to the musician\n"


def test_an_error_inside_passes_and_the_screen_is_back(capfd: pytest.CaptureFixture[str]) -> None:
    """The block cleans up when it is left by an exception."""
    with pytest.raises(ValueError, match="x"), quiet():
        raise ValueError("x")
    os.write(2, b"back\n")
    assert capfd.readouterr().err == "back\n"
