"""What must not be imported where: start-up time and a clean player depend on it."""

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "jax", "torch"}


def modules_after(code: str) -> set[str]:
    """Top-level modules a fresh interpreter has loaded after `code`."""
    code += "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("improv.cli", HEAVY | {"numpy", "textual", "rich", "mido"}),
        ("improv.session.player", HEAVY | {"numpy", "textual", "rich", "mido", "pretty_midi"}),
        ("improv.session.player_process", HEAVY | {"numpy", "textual", "rich", "mido", "rtmidi"}),
        ("improv.session.model_process", HEAVY | {"numpy", "textual", "rich", "mido", "rtmidi"}),
        ("improv.model.store", HEAVY | {"numpy", "textual", "rich"}),
        ("improv.ui.app", HEAVY | {"numpy", "mido", "rtmidi", "matplotlib", "symusic"}),
        ("improv.model.loading", HEAVY),
        ("improv.model.litert", HEAVY),
    ],
)
def test_stays_light(module, banned):
    """The screen and thru are up in a second because these stay out."""
    assert not modules_after(f"import {module}") & banned


def test_a_screen_needs_no_library_of_numbers_or_of_midi():
    """The whole path of the command to its screen: options, configuration, model folder, screen."""
    code = """
import sys
from improv import cli, config
from improv.commands import options, play
from improv.model.store import find
from improv.ports.spec import parse_spec
import improv.session.terminal, improv.session.headless, improv.ui.app
config.load(None), find("default"), parse_spec("virtual:improv"), options.opening(None)
"""
    banned = HEAVY | {
        "numpy",
        "mido",
        "rtmidi",
        "pretty_midi",
        "symusic",
        "matplotlib",
        "fluidsynth",
    }
    assert not modules_after(code) & (banned | {"ai_edge_litert", "multiprocessing"})


@pytest.mark.parametrize("model", ["default", "seed"])
def test_playing_a_model_needs_no_tensorflow(model):
    """Load it, draw a note: still no TensorFlow."""
    code = f"""
from improv.model.loading import load
from improv.play.params import Params
model = load({model!r}, "cpu")
model.prime(())
model.draw(Params(), (0, 0))
"""
    assert not modules_after(code) & HEAVY


def test_importing_prints_nothing_and_opens_nothing():
    """Every room can be imported in silence."""
    done = subprocess.run(
        [sys.executable, "-c", "import improv.cli, improv.ui.app, improv.session.player"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (b"", b"")
