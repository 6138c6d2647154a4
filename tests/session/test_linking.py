"""What the engine hears of a Link session, and the session of improv's tempo."""

from __future__ import annotations

from dataclasses import replace

from improv.errors import DeviceError
from improv.music.timeline import Timeline
from improv.play.messages import Action, Follow, Level, Notice, Phase, Transport
from improv.play.params import Params
from improv.ports.linked import Session
from improv.session.linking import Linking
from improv.session.messages import Turn
from support import stage

LINKED = Params(sync="link", tempo=100.0)


class Others:
    """A session in which somebody else is at 90 bpm, until told otherwise."""

    def __init__(self) -> None:
        self.timeline, self.peers, self.plays = Timeline(0.0, 2.5, 90.0), 1, False
        self.joined: list[float] = []
        self.open = False

    def join(self, bpm: float, beats_per_bar: int) -> Others:
        self.joined.append(bpm)
        self.open = True
        return self

    def session(self, beats_per_bar: int) -> Session:
        return Session(self.timeline, self.peers, self.plays)

    def turn(self, bpm: float) -> None:
        self.timeline = self.timeline.at_tempo(0.0, bpm)

    def play(self, *, plays: bool) -> None:
        self.plays = plays

    def close(self) -> None:
        self.open = False


def follows(said: list) -> list[Follow]:
    return [each for each in said if isinstance(each, Follow)]


def test_the_beat_of_the_others_is_told_and_again_when_it_has_moved() -> None:
    """At once, after a second, and with another tempo; not in between."""
    others = Others()
    linking = Linking([].append, others.join)
    first, notice = linking.look(LINKED, 0.0)
    assert first == Follow(others.timeline, runs=True)
    assert notice == Notice("in a Link session, 90.0 bpm")
    assert linking.look(LINKED, 0.5) == []
    assert linking.look(LINKED, 1.0) == [first]
    others.timeline = Timeline(1.1, 8.0, 95.0)
    assert linking.look(LINKED, 1.1) == [Follow(others.timeline, runs=True)]


def test_a_tempo_turned_in_improv_is_the_sessions() -> None:
    """And joining brings it only where nobody is yet."""
    others = Others()
    linking = Linking([].append, others.join)
    linking.look(LINKED, 0.0)
    assert (others.joined, others.timeline.bpm) == ([100.0], 90.0)
    (follow,) = linking.look(replace(LINKED, tempo=140.0), 0.1)
    assert follow.timeline.bpm == others.timeline.bpm == 140.0


def test_the_knob_goes_where_the_others_turn_the_tempo() -> None:
    """So that its next turn goes on from there; what comes round as its place is no turn."""
    others, put = Others(), []
    linking = Linking(put.append, others.join)
    linking.look(LINKED, 0.0)
    assert put == [Turn("tempo", 90.0)]
    others.timeline = Timeline(0.0, 0.0, 96.004)
    linking.look(replace(LINKED, tempo=90.0), 0.1)
    assert put[1:] == [Turn("tempo", 96.0)]
    linking.look(replace(LINKED, tempo=96.0), 0.2)
    assert others.timeline.bpm == 96.004
    linking.look(replace(LINKED, tempo=97.0), 0.3)
    assert others.timeline.bpm == 97.0
    assert len(put) == 2


def test_a_tempo_beyond_the_knob_is_followed_all_the_same() -> None:
    """It stands at its end, and does not pull the session there."""
    others, put = Others(), []
    others.timeline = Timeline(0.0, 0.0, 400.0)
    linking = Linking(put.append, others.join)
    linking.look(LINKED, 0.0)
    assert put == [Turn("tempo", 300.0)]
    for now in (0.1, 0.2):
        linking.look(replace(LINKED, tempo=300.0), now)
    assert others.timeline.bpm == 400.0


def test_without_others_its_own_beat_goes_on_and_after_them_theirs() -> None:
    """Alone it is told nothing; left alone it is told that the beat is lost, once."""
    others = Others()
    others.peers = 0
    linking = Linking([].append, others.join)
    assert linking.look(LINKED, 0.0) == []
    others.peers = 2
    assert follows(linking.look(LINKED, 0.1))[0].lost is False
    others.peers = 0
    follow, notice = linking.look(LINKED, 0.2)
    assert follow == Follow(others.timeline, runs=True, lost=True)
    assert notice.level is Level.WARNING
    assert linking.look(LINKED, 0.3) == []


def test_a_song_that_was_started_can_stop_and_one_that_never_was_runs() -> None:
    """Most peers share neither start nor stop."""
    others = Others()
    linking = Linking([].append, others.join)
    assert follows(linking.look(LINKED, 0.0))[0].runs
    others.plays = True
    linking.look(LINKED, 0.1)
    others.plays = False
    assert not follows(linking.look(LINKED, 0.2))[0].runs


def test_your_play_and_stop_are_the_sessions() -> None:
    """A panic is your own; and before it has joined there is nobody to tell."""
    others = Others()
    linking = Linking([].append, others.join)
    linking.transport(Action.PLAY)
    linking.look(LINKED, 0.0)
    assert not others.plays
    told = []
    for action in (Action.PLAY, Action.AGAIN, Action.PANIC, Action.PAUSE, Action.PLAY, Action.STOP):
        linking.transport(action)
        told.append(others.plays)
    assert told == [True, True, True, False, True, False]


def test_who_starts_the_song_again_starts_improv_that_you_had_stopped() -> None:
    """Once; where it had stood with the song the engine goes on by itself."""
    others, put = Others(), []
    linking = Linking(put.append, others.join)
    others.timeline = Timeline(0.0, 0.0, LINKED.tempo)
    linking.transport(Action.PLAY)
    linking.look(LINKED, 0.0)
    linking.transport(Action.STOP)
    linking.look(LINKED, 0.1)
    others.plays = True
    for now in (0.2, 0.3):
        linking.look(LINKED, now)
    assert put == [Transport(Action.PLAY)]
    linking.transport(Action.PLAY)  # as it comes round
    for now, others.plays in ((0.4, False), (0.5, True)):
        linking.look(LINKED, now)
    assert put == [Transport(Action.PLAY)]


def test_another_sync_leaves_the_session() -> None:
    """And takes its beat back; where Link is missing, its own beat is turned on and it says why."""
    others = Others()
    linking = Linking([].append, others.join)
    linking.look(LINKED, 0.0)
    assert linking.look(Params(sync="clock"), 0.1) == [Follow()]
    assert not others.open
    assert linking.look(Params(), 0.2) == []

    def refuse(bpm: float, beats_per_bar: int) -> Others:
        raise DeviceError("Ableton Link is not installed")

    turned: list[Turn] = []
    (notice,) = Linking(turned.append, refuse).look(LINKED, 0.0)
    assert turned == [Turn("sync", "internal")]
    assert notice.text == "Ableton Link is not installed; playing to its own tempo"


def test_improv_stands_and_plays_with_the_session() -> None:
    """Its words for a Link session, and its stop and start."""
    made = stage(idle_start=None, sync="link")
    beat = Timeline(0.0, 0.0, 120.0)
    assert made.engine.sync.word == "no peers"
    made.feed(Follow(beat, runs=True), 1.0)
    assert made.engine.sync.word == "link"
    made.feed(Transport(Action.PLAY), 1.0)
    made.feed(Follow(beat), 2.0)
    assert made.engine.sync.word == "stopped"
    assert made.engine.phase is Phase.PAUSED
    made.feed(Follow(beat, runs=True), 3.0)
    assert made.engine.phase is Phase.PLAYING
    made.feed(Follow(beat, runs=True, lost=True), 4.0)
    assert made.engine.sync.word == "lost"
