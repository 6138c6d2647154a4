"""Configuration files: complete default, partial others, clear refusals."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from improv import config
from improv.config import Config, Session
from improv.errors import UsageError
from improv.play.params import Params

DEFAULT = Path(__file__).parent.parent / "configs" / "default.toml"


def write(folder, text):
    path = folder / "my.toml"
    path.write_text(text)
    return path


def test_the_default_file_says_the_defaults():
    """configs/default.toml is the reference: reading it changes nothing."""
    assert config.load(DEFAULT) == Config()


def test_the_default_file_is_complete():
    """Each parameter stands in it, each session key at least in a comment."""
    text = DEFAULT.read_text()
    assert set(tomllib.loads(text)["params"]) == {f.name for f in fields(Params)}
    assert all(f"{f.name} =" in text for f in fields(Session))


def test_a_partial_file_is_enough(tmp_path):
    """What is not said stays as it is."""
    path = write(tmp_path, '[params]\ntemperature = 2\n[session]\ninputs = ["none"]\n')
    assert config.load(path) == Config(Session(inputs=("none",)), Params(temperature=2.0))


def test_outputs_have_latencies_by_name(tmp_path):
    """A table of numbers, by spec as it is written elsewhere, or by what calibrate calls it."""
    text = '[session.latency]\n"virtual" = 3\n"port:Micro Freak" = 12.5\n"fluidsynth:jack" = 20\n'
    assert config.load(write(tmp_path, text)).session.latency == {
        "virtual:improv": 3.0, "port:Micro Freak": 12.5, "fluidsynth:jack": 20.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[params]\ntemprature = 1.0",
            r"\[params\] unknown key 'temprature'; known:",
        ),
        ("[sesion]", "unknown key 'sesion'; known: params, session"),
        ("[params]\ntemperature = 0", "temperature must be from 0.05"),
        ("[session]\nmodel = 3", r"\[session\] model must be text in quotes, not 3"),
        ("[session]\noutputs = 'virtual'", "outputs must be a list of texts in brackets"),
        ("[params]\ntemperature = 'hot'", "temperature must be a number, not 'hot'"),
        ("[params]\nguard = 'weak'", "guard must be off, gentle or strong, not 'weak'"),
        ("[params]\nguard = false", "guard must be text in quotes, not False"),
        ('[session]\noutputs = ["usb"]', "not a port: 'usb'"),
        ("params = 3", "params must be a table"),
        ("[session]\nlatency = 3", r"\[session\] latency must be a table, not 3"),
        ("[session.latency]\nmicro = 3", "latency not a port: 'micro'"),
        ('[session.latency]\n"port:m" = -1', "'port:m' must be a number of ms from 0 to 2000"),
        ('[session.latency]\n"port:m" = "long"', "'port:m' must be a number of ms"),
        ('[session.latency]\n"file:a.mid" = 3', "'file:a.mid' is not heard, so it has no latency"),
        ("[params", "is not TOML"),
    ],
)
def test_a_mistake_names_file_table_and_key(tmp_path, text, words):
    """The musician is told where to look."""
    with pytest.raises(UsageError, match=words) as caught:
        config.load(write(tmp_path, text))
    assert "my.toml" in str(caught.value)


def test_a_named_file_must_be_there(tmp_path):
    """A default that is missing is fine, a named one is not."""
    with pytest.raises(UsageError, match="no configuration file"):
        config.load(tmp_path / "none.toml")
