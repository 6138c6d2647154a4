"""Every way to turn a knob: what comes in, and what the engine is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.errors import UsageError
from improv.music.event import NoteOn, Other
from improv.play.controls import Control
from improv.play.deeds import DEEDS
from improv.play.messages import Action, Notice, Phase, SetParam, Transport
from improv.play.params import KNOBS, Params
from improv.play.turning import at_fraction
from improv.session import controls_file, presets
from improv.session.desk import Desk, FromDevice
from improv.session.errands import Errands
from improv.session.messages import (
    Do,
    Fade,
    Learn,
    RecallPreset,
    SaveTake,
    StorePreset,
    SwitchSides,
    Tap,
    Turn,
    Undo,
    Unlearn,
)
from improv.session.osc import Osc
from improv.session.presets import Preset
from support import sent, stage


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    """The musician's configuration folder, for this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@dataclass
class Table:
    """A desk, knobs that do as it says, and a worker that works at once."""

    params: Params = field(default_factory=Params)
    now: float = 0.0
    serial: int = 7
    phase: Phase = Phase.WAITING
    told: list[SetParam] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    passed: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.results: list[object] = []
        self.desk = Desk(self._work)

    def _work(self, errand) -> None:
        try:
            self.results.append(errand())
        except UsageError as error:
            self.results.append(Notice(str(error)))

    def feed(self, item: object, at: float | None = None) -> None:
        self.now = self.now if at is None else at
        for each in self.desk.pass_on(item, self, self.now):
            if isinstance(each, SetParam):
                self.told.append(each)
                self.params = self.params.with_value(each.name, each.value)
            elif isinstance(each, Notice):
                self.said.append(each.text)
            elif each is not None:
                self.passed.append(each)
        results, self.results = self.results, []
        for result in results:
            if result is not None:
                self.feed(result)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.desk.due() <= end:
            self.feed(None, max(self.now, self.desk.due()))
        self.now = end


def control(value: int, number: int = 21) -> FromDevice:
    return FromDevice("KeyStep", Other(0.0, bytes((0xB0, number, value))))


def test_what_is_none_of_its_business_goes_through() -> None:
    """A key is a key."""
    table, key = Table(), NoteOn(0.0, 60, 80)
    table.feed(key)
    table.feed(control(5))
    assert table.passed == [key, control(5).event]
    assert not table.told


def test_a_turn_from_elsewhere_carries_the_screen_s_serial() -> None:
    """So that what the screen has asked for meanwhile is still awaited there."""
    table = Table()
    table.feed(Turn("velocity", 99))
    table.feed(Fade("register", 1.0))
    assert table.told == [SetParam(7, "velocity", 99), SetParam(7, "register", 1.0)]


def test_a_turn_that_makes_no_sense_is_told_once_a_second() -> None:
    """A network may send thousands."""
    table = Table()
    for n in range(50):
        table.feed(Turn("temperature", 9.0), n / 100)
    assert table.said == ["temperature must be from 0.05 to 5, not 9"]
    table.feed(Turn("low", 120), 2.0)
    assert len(table.said) == 2
    assert not table.told


def test_a_preset_turns_the_knobs_it_names(own_folder) -> None:
    """And says its name."""
    table = Table()
    table.feed(RecallPreset("ambient"))
    table.wait(20.0)
    assert table.desk.preset == "Ambient"
    assert table.params.mode == "solo"
    assert table.params.density == -0.8
    assert table.said == ["preset: Ambient, over 8 s"]


def test_a_morph_takes_its_time_and_what_switches_switches_at_once() -> None:
    """And each step is one that is heard: nothing is told twice."""
    table = Table()
    table.feed(Preset("x", "X", {"velocity": 120, "guard": "strong"}, morph=2.0), 10.0)
    assert (table.params.velocity, table.params.guard) == (80, "strong")
    table.wait(1.0)
    assert 98 <= table.params.velocity <= 100
    table.wait(5.0)
    assert table.params.velocity == 120
    assert len(table.told) == len({(t.name, t.value) for t in table.told}) <= 42
    assert table.desk.due() == float("inf")


def test_a_knob_that_is_turned_in_a_morph_stays_where_it_was_turned() -> None:
    """Whoever turns it, and the others go on."""
    table = Table()
    table.feed(Preset("x", "X", {"velocity": 120, "density": 1.0}, morph=2.0), 0.0)
    table.wait(0.5)
    table.feed(SetParam(8, "velocity", 3))
    table.wait(5.0)
    assert (table.params.velocity, table.params.density) == (3, 1.0)


def test_a_preset_is_undone_in_one_step_even_half_way() -> None:
    """It does not go on afterwards."""
    table = Table()
    table.feed(Preset("x", "X", {"velocity": 120, "density": 1.0, "guard": "off"}, morph=2.0), 0.0)
    table.wait(1.0)
    table.feed(Undo())
    table.wait(5.0)
    assert (table.params, table.desk.preset) == (Params(), "")
    table.feed(Undo(redo=True))
    assert (table.params.guard, table.desk.preset) == ("off", "X")


def test_knobs_and_the_music_are_undone_in_the_order_they_were_moved() -> None:
    """One key takes back whatever was done last."""
    table = Table()
    table.feed(SetParam(1, "density", 0.5), 1.0)
    table.feed(Transport(Action.BACK), 2.0)
    table.feed(Transport(Action.STOP), 3.0)  # which is not undone
    table.feed(SetParam(2, "velocity", 99), 4.0)
    for _ in range(3):
        table.feed(Undo())
    assert table.params == Params()
    assert table.passed[-1] == Transport(Action.EARLIER)
    for _ in range(3):
        table.feed(Undo(redo=True))
    assert (table.params.density, table.params.velocity) == (0.5, 99)
    assert table.passed[-1] == Transport(Action.LATER)
    table.feed(Undo(redo=True))
    assert table.said == ["there is nothing to redo"]


def test_half_a_range_that_does_not_go_with_the_other_half_is_said() -> None:
    """The rest of the preset is turned."""
    table = Table(Params(high=50))
    table.feed(Preset("x", "X", {"low": 60, "velocity": 9}, morph=0.0))
    assert (table.params.low, table.params.velocity) == (21, 9)
    assert any("lowest pitch must not be above" in text for text in table.said)


def test_the_live_state_is_stored_and_comes_back(own_folder) -> None:
    """Under the slot's number."""
    table = Table(Params(temperature=0.4, low=40, high=50))
    table.feed(StorePreset(3))
    table.feed(SetParam(1, "low", 21))
    table.feed(SetParam(2, "high", 30))
    table.feed(RecallPreset("3"))
    table.wait(1.0)
    assert table.params == Params(temperature=0.4, low=40, high=50)
    assert any(str(presets.folder() / "3.toml") in text for text in table.said)


def test_a_preset_that_is_not_there_changes_nothing(own_folder) -> None:
    """It says which there are."""
    table = Table()
    table.feed(RecallPreset("nonesuch"))
    assert "no preset named 'nonesuch'" in table.said[0]
    assert table.params == Params()


def test_program_changes_recall_presets_where_that_is_wanted(own_folder) -> None:
    """1 to 9, and off unless asked for; all others are passed on."""

    def change(number: int) -> FromDevice:
        return FromDevice("KeyStep", Other(0.0, bytes((0xC0, number))))

    table = Table()
    table.feed(change(3))
    assert table.passed == [change(3).event]
    table.feed(SetParam(1, "recall", value=True))
    table.feed(change(3))
    assert table.desk.preset == "Ambient"
    table.feed(change(9))
    assert table.passed == [change(3).event, change(9).event]


def test_a_learnt_control_acts_in_the_same_call_and_is_passed_on_no_longer(own_folder) -> None:
    """Learnt, followed, kept, and forgotten again."""
    table = Table(Params(velocity=1))
    table.feed(Learn("velocity"))
    assert table.desk.learning == "velocity"
    table.feed(control(0))
    assert table.desk.learning is None
    table.feed(control(127))
    assert table.told == [SetParam(7, "velocity", 127)]
    assert table.passed == []
    bound = Control("KeyStep", "cc", 0, 21)
    assert controls_file.stored() == {bound: "velocity"}
    assert [s.knob for s in table.desk.standing(table.params)] == ["velocity"]
    again = Table()
    again.desk.open(Osc())
    again.feed(None)
    again.feed(control(1))
    assert again.passed == []
    again.feed(Unlearn(bound))
    again.feed(control(1))
    assert again.passed == [control(1).event]
    assert controls_file.stored() == {}


def test_learning_can_be_given_up() -> None:
    """Nothing is bound by the next control."""
    table = Table()
    table.feed(Learn("velocity"))
    table.feed(Learn(None))
    table.feed(control(1))
    assert table.passed == [control(1).event]


def test_a_controls_file_with_a_mistake_is_named_and_kept(own_folder) -> None:
    """File, table and key; and nothing is written over it."""
    where = controls_file.path()
    where.parent.mkdir(parents=True)
    for line in ('"cc 64 channel 1" = "density"', '"cc 1 channel 1" = "loudness"', "x = 3"):
        where.write_text(f"[KeyStep]\n{line}\n")
        with pytest.raises(UsageError, match=r"controls.toml: \['KeyStep'\] "):
            controls_file.stored()
        with pytest.raises(UsageError):
            controls_file.store({})
        assert line in where.read_text()


KNOB = st.sampled_from([name for name in KNOBS if name not in {"low", "high", "recall"}])
GESTURES = st.lists(st.tuples(KNOB, st.floats(0, 1), st.booleans()), max_size=12)


@given(GESTURES)
def test_undo_returns_to_the_first_state_whoever_turned(gestures) -> None:
    """By hand, from elsewhere, by presets with a morph; a hundred undos are enough."""
    table = Table()
    for n, (name, part, by_preset) in enumerate(gestures):
        value = at_fraction(KNOBS[name], part)
        if by_preset:
            table.feed(Preset("x", "X", {name: value, "velocity": n + 1}, morph=part))
        else:
            table.feed(Turn(name, value))
        table.wait(0.4)
    for _ in range(100):
        table.feed(Undo())
    assert table.params == Params()


def test_the_engine_takes_what_the_desk_says() -> None:
    """From a control to the next note, on the virtual clock."""
    played, desk = stage(velocity=1, velocity_spread=0), Desk(lambda _: None)
    for item in (Learn("velocity"), control(0), control(127)):
        for each in desk.pass_on(item, played.engine, 0.0):
            if isinstance(each, SetParam):
                played.feed(each, 0.0)
    played.run_until(1.0)
    later = [data for at, status, data in sent(played.effects) if status == 0x90 and at > 0.1]
    assert {velocity for _, velocity in later} == {127}


def test_errands_are_done_in_order_and_mistakes_are_sentences() -> None:
    """Whoever gave them does not wait."""

    def fail() -> object:
        raise UsageError("no such thing")

    came: list[object] = []
    errands = Errands(came.append)
    for work in (lambda: 1, fail, lambda: None, lambda: 2):
        errands.do(work)
    errands.start()
    errands.close(timeout=5.0)
    assert came[0] == 1
    assert isinstance(came[1], Notice)
    assert came[2] == 2


def test_a_control_turns_one_knob_of_a_voice_and_is_kept(own_folder) -> None:
    """Learnt, followed from where it passes, undone as one step, and there the next time."""
    table = Table(Params(voice_2="bass, output port:Volca"))
    table.feed(Learn("voice_2.velocity"), 1.0)
    assert table.said == ["move the control that is to turn voice 2 velocity; Esc gives up"]
    for n, place in enumerate((0, 127, 64)):
        table.feed(control(place), 5.0 + n / 10)
    assert table.params.voice_2 == "bass, output port:Volca, velocity 64"
    assert table.desk.standing(table.params)[0].caught
    assert controls_file.stored() == {Control("KeyStep", "cc", 0, 21): "voice_2.velocity"}
    table.feed(Fade("voice_2.density", 1.0), 9.0)
    table.feed(Turn("voice_2.velocity", 9), 12.0)
    assert table.params.voice_2 == "bass, output port:Volca, density 1.00, velocity 9"
    for _ in range(3):
        table.feed(Undo())
    assert table.params.voice_2 == "bass, output port:Volca"


# --- A and B


def test_b_begins_as_a_stands_and_each_is_as_it_was_left() -> None:
    """All knobs; how presets come in stays as it is."""
    table = Table(Params(temperature=0.4))
    table.feed(SwitchSides())
    assert table.desk.side == "B"
    assert table.params == Params(temperature=0.4)
    table.feed(SetParam(1, "velocity", 99))
    table.feed(SetParam(2, "mode", "duet"))
    table.feed(SetParam(3, "recall", value=True))
    b = table.params
    table.feed(SwitchSides())
    assert (table.desk.side, table.params) == ("A", Params(temperature=0.4, recall=True))
    table.feed(SwitchSides())
    assert (table.desk.side, table.params) == ("B", b)
    assert table.said[0].startswith("B begins as A stands")
    assert table.said[1:] == ["the knobs of A", "the knobs of B"]


def test_the_way_between_a_and_b_takes_the_morph() -> None:
    """And who turns round half way has lost nothing of either."""
    table = Table(Params(morph=2.0))
    table.feed(SwitchSides(), 0.0)
    table.wait(3.0)
    table.feed(SetParam(1, "velocity", 120))
    table.feed(SwitchSides())
    table.wait(1.0)
    assert 98 <= table.params.velocity <= 102
    table.feed(SwitchSides())
    table.wait(1.0)
    table.feed(SwitchSides())
    table.wait(3.0)
    assert (table.desk.side, table.params.velocity) == ("A", 80)
    table.feed(SwitchSides())
    table.wait(3.0)
    assert (table.desk.side, table.params.velocity) == ("B", 120)


def test_a_and_b_each_have_the_preset_that_was_recalled_there() -> None:
    """As the top of the screen has it."""
    table = Table()
    table.feed(Preset("x", "X", {"velocity": 99}))
    table.feed(SwitchSides())
    table.feed(Preset("y", "Y", {"velocity": 22}))
    table.feed(SwitchSides())
    assert (table.desk.preset, table.params.velocity) == ("X", 99)
    table.feed(SwitchSides())
    assert (table.desk.preset, table.params.velocity) == ("Y", 22)


def test_a_change_of_sides_is_undone_as_one_step() -> None:
    """At once, whatever the morph, among other steps; and what B was is not lost."""
    table = Table(Params(morph=2.0))
    table.feed(SetParam(1, "density", 0.5), 1.0)
    table.feed(SwitchSides(), 3.0)
    table.feed(SetParam(2, "velocity", 99), 9.0)
    table.feed(SwitchSides(), 12.0)
    table.wait(5.0)
    assert table.params == Params(morph=2.0, density=0.5)
    table.feed(Undo())
    assert (table.desk.side, table.params.velocity) == ("B", 99)
    table.feed(Undo())
    table.feed(Undo())
    assert (table.desk.side, table.params.velocity, table.params.density) == ("A", 80, 0.5)
    table.feed(Undo())
    assert table.params == Params(morph=2.0)
    for _ in range(4):
        table.feed(Undo(redo=True))
    assert (table.desk.side, table.params) == ("A", Params(morph=2.0, density=0.5))


@settings(deadline=None)  # that of time is the machine's
@given(st.lists(st.one_of(st.none(), st.tuples(KNOB, st.floats(0, 1))), max_size=20))
def test_undo_returns_to_the_first_state_from_either_side(gestures) -> None:
    """Knobs turned here and there, and sides changed in between."""
    table = Table()
    for gesture in gestures:
        if gesture is None:
            table.feed(SwitchSides())
        else:
            name, part = gesture
            table.feed(Turn(name, at_fraction(KNOBS[name], part)))
        table.wait(1.5)
    for _ in range(100):
        table.feed(Undo())
    assert (table.params, table.desk.side) == (Params(), "A")


# --- deeds


DONE = {
    "start": Transport(Action.PAUSE),
    **{a: Transport(Action(a)) for a in ("play", "pause", "stop", "new", "again")},
    **{a: Transport(Action(a)) for a in ("back", "keep", "more", "less", "panic")},
    "tap": Tap(5.0),
    "save": SaveTake(),
}


@pytest.mark.parametrize("deed", DONE)
def test_a_pedal_that_was_learnt_does_what_a_key_does(own_folder, deed: str) -> None:
    """At each press, and it is passed on no longer."""
    table = Table(phase=Phase.PLAYING)
    table.feed(Learn(f"do.{deed}"))
    assert table.said == [f"press the pedal or pad for {deed}; Esc gives up"]
    for n, place in enumerate((127, 0, 127, 0)):
        table.feed(control(place), 2.0 + n * 1.5)
    assert table.said[-1] == f"cc 21 channel 1 of KeyStep does, at each press: {deed}"
    assert table.passed == [DONE[deed]]
    assert controls_file.stored() == {Control("KeyStep", "cc", 0, 21): f"do.{deed}"}


def test_a_pedal_undoes_and_redoes_and_goes_from_a_to_b(own_folder) -> None:
    """The deeds that are the desk's own."""
    table = Table()
    for number, deed in enumerate(("undo", "redo", "ab")):
        table.feed(Learn(f"do.{deed}"))
        table.feed(control(0, 20 + number))
    assert {*DONE, "undo", "redo", "ab"} == set(DEEDS)
    table.feed(SetParam(1, "velocity", 99))
    table.feed(control(127, 20))
    assert table.params.velocity == 80
    table.feed(control(127, 21))
    assert table.params.velocity == 99
    table.feed(control(127, 22))
    assert table.desk.side == "B"


def test_the_pedal_of_space_plays_where_nothing_plays() -> None:
    """Where a key hands over, it answers who is listening."""
    for phase, hand_over, action in (
        (Phase.WAITING, "silence", Action.PLAY),
        (Phase.PAUSED, "silence", Action.PLAY),
        (Phase.LISTENING, "silence", Action.PAUSE),
        (Phase.LISTENING, "key", Action.PLAY),
        (Phase.PLAYING, "key", Action.PAUSE),
    ):
        table = Table(Params(hand_over=hand_over), phase=phase)
        table.feed(Do("start"))
        assert table.passed == [Transport(action)]
