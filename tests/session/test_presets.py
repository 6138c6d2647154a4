"""Presets: files that are read, stored and found by name or slot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improv.errors import UsageError
from improv.play.params import Params
from improv.session import presets


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """Where the musician's own presets are, for this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    presets.folder().mkdir(parents=True)
    return presets.folder()


def test_some_come_with_improv_and_every_one_can_be_played() -> None:
    """In the first slots; each of its knobs is one there is, in range, on top of any state."""
    shelf = presets.shelf()
    assert [listed.name for listed in shelf] == list(presets.SHIPPED)
    assert [listed.slot for listed in shelf] == [1, 2, 3, 4, 5, 6, 7, 8]
    for listed in shelf:
        preset = presets.load(listed.name)
        assert preset.title
        assert replace(Params(), **preset.params) != Params()


def test_what_is_stored_is_loaded_by_its_slot() -> None:
    """All knobs but those that say how presets come in; ours makes room."""
    chords = {"chord": "C E G", "chart": "| Am7 | D7 G7 |", "accompany": "chords, pattern bossa"}
    params = Params(**chords, temperature=0.7, thru=False, morph=3.0, recall=True, low=30)
    path = presets.store(4, params)
    preset = presets.load("4")
    assert replace(Params(), **preset.params) == replace(params, morph=0.0, recall=False)
    assert preset.morph is None
    assert path.name == "4.toml"
    assert presets.load("ambient").title == "Ambient"
    assert presets.load("1").name == "piano-duet"


def test_names_are_the_musician_s(own_folder) -> None:
    """A file with a few lines, by any name; it goes before one of ours."""
    (own_folder / "My Ballad.toml").write_text(
        'title = "Slow"\nmorph = 4\n[params]\nvelocity = 50\n'
    )
    preset = presets.load("my ballad")
    assert (preset.title, preset.morph, preset.params) == ("Slow", 4.0, {"velocity": 50})
    (own_folder / "ambient.toml").write_text("[params]\n")
    assert presets.load("ambient").params == {}


def test_a_whole_preset_leaves_nothing_of_the_one_before(own_folder) -> None:
    """But for how it is wired up, and how presets come in; a partial one turns what it names."""
    before = Params(density=-0.8, mode="solo", channel=3, thru=False, transpose=5, morph=2.0)
    (own_folder / "part.toml").write_text("[params]\nvelocity = 90\n")
    (own_folder / "whole.toml").write_text("whole = true\n[params]\nvelocity = 90\n")
    part, whole = (presets.load(name).params for name in ("part", "whole"))
    assert replace(before, **part) == replace(before, velocity=90)
    assert replace(before, **whole) == Params(
        velocity=90, channel=3, thru=False, transpose=5, morph=2.0
    )


def test_a_range_may_be_half_said(own_folder) -> None:
    """The lowest pitch alone, above the highest there is by default; together they must agree."""
    (own_folder / "top.toml").write_text("[params]\nlow = 110\n")
    assert presets.load("top").params == {"low": 110}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[params]\ntemprature = 1.0", r"\[params\] unknown key 'temprature'; known:"),
        ("[params]\ntemperature = 9", r"\[params\] temperature must be from 0.05 to 5"),
        ("[params]\ntemperature = 'hot'", r"\[params\] temperature must be a number"),
        ("[params]\nlow = 60\nhigh = 50", "lowest pitch must not be above"),
        ("morph = -1", "morph must be from 0 to 60 s, not -1"),
        ("morph = 'slow'", "morph must be a number"),
        ("[session]\nseed = 1", "unknown key 'session'; known: morph, params, title, whole"),
        ("params = 3", "params must be a table"),
        ("title =", "is not TOML"),
    ],
)
def test_a_mistake_names_file_table_and_key(own_folder, text, words) -> None:
    """The musician is told where to look."""
    (own_folder / "bad.toml").write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        presets.load("bad")
    assert "bad.toml" in str(caught.value)


@pytest.mark.parametrize("name", ["nonesuch", "../presets/1", "/etc/passwd", "", "10", "x" * 9999])
def test_a_name_is_only_compared(name) -> None:
    """Nothing outside the shelf is opened, whatever is asked for."""
    with pytest.raises(UsageError, match=r"no preset named .* there are: piano-duet") as caught:
        presets.load(name)
    assert len(str(caught.value)) < 300


def test_an_empty_slot_says_so() -> None:
    """And what there is."""
    with pytest.raises(UsageError, match="nothing is stored in slot 9; there are: piano-duet"):
        presets.load("9")
    with pytest.raises(UsageError, match="slots 1 to 9, not 10"):
        presets.store(10, Params())
