"""A model that learnt how long notes sound hears them so; one that learnt keys hears keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from improv.model import store
from improv.model.loading import load
from improv.model.pedalled import pedalled
from improv.model.store import ModelFolder
from improv.music.event import DURATIONS, Note
from improv.play.interfaces import Accompanying
from improv.play.params import Params
from support import Metronome

PEDALLED_NOTES = (Note(60, 64, 0.0, 0.25, rings=1.0), Note(64, 64, 0.5, 0.25))
SOUNDING = (Note(60, 64, 0.0, 1.25), Note(64, 64, 0.5, 0.25))
KEYS = (Note(60, 64, 0.0, 0.25), Note(64, 64, 0.5, 0.25))


def test_hears_every_note_for_as_long_as_it_sounded():
    """What it plays is its own; name and backend too."""
    inside = Metronome(duration=0.7)
    model = pedalled(inside)
    assert not isinstance(model, Accompanying)
    model.prime(PEDALLED_NOTES)
    assert inside.primed == [SOUNDING]
    assert model.draw(Params(), (1, 0)).duration == 0.7
    assert (model.name, model.backend) == ("metronome", "fake")


@pytest.mark.parametrize("durations", DURATIONS)
def test_a_loaded_model_hears_what_its_folder_says(
    folder: ModelFolder, tmp_path: Path, durations: str
) -> None:
    """The same weights, told of either duration: what they draw is what that hearing gives."""
    spec = replace(folder.spec, durations=durations)
    card = "title = 'two hearings'\n"
    store.write(tmp_path / "m", spec, store.read_weights(folder), store.read_graph(folder), card)
    assert store.find(tmp_path / "m").spec.durations == durations
    told, plain = load(tmp_path / "m", "cpu"), load(folder, "cpu")
    told.prime(PEDALLED_NOTES)
    plain.prime(KEYS if durations == "held" else SOUNDING)
    assert told.draw(Params(), (1, 0)) == plain.draw(Params(), (1, 0))
    plain.prime(SOUNDING if durations == "held" else KEYS)
    assert told.draw(Params(), (1, 0)) != plain.draw(Params(), (1, 0))


@pytest.mark.parametrize("durations", DURATIONS)
def test_companions_are_those_of_its_hearing(
    relative_folder: ModelFolder, tmp_path: Path, durations: str
) -> None:
    """Whatever was taken in beforehand."""
    spec = replace(relative_folder.spec, durations=durations)
    card = "title = 'two hearings'\n"
    store.write(
        tmp_path / "m",
        spec,
        store.read_weights(relative_folder),
        store.read_graph(relative_folder),
        card,
    )
    told, plain = load(tmp_path / "m", "cpu"), load(relative_folder, "cpu")
    assert isinstance(told, Accompanying)
    assert isinstance(plain, Accompanying)
    assert list(told.prepare(PEDALLED_NOTES[:1], (), Params())) == [None]
    told.prime(PEDALLED_NOTES)
    plain.prime(KEYS if durations == "held" else SOUNDING)
    keys = [(1, n) for n in range(3)]
    assert told.accompany(Params(), keys) == plain.accompany(Params(), keys)


def test_what_it_takes_in_beforehand_it_hears_as_what_it_is_primed_with():
    """Otherwise it would have to hear all of it again while you wait."""

    class Companion(Metronome):
        prepared: tuple = ()

        def prepare(self, context, before, params):
            self.prepared = tuple(context), tuple(before)
            return iter(())

        def accompany(self, params, keys):
            return [self.draw(params, key) for key in keys]

    inside = Companion()
    model = pedalled(inside)
    assert isinstance(model, Accompanying)
    model.prepare(PEDALLED_NOTES[1:], PEDALLED_NOTES[:1], Params())
    assert inside.prepared == (SOUNDING[1:], SOUNDING[:1])
    assert model.accompany(Params(), [(1, 0), (1, 1)]) == inside.accompany(
        Params(), [(1, 0), (1, 1)]
    )
