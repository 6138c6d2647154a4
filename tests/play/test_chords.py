"""Chords under what is played: who says them, when they sound, and how they end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from improv.errors import UsageError
from improv.music import voicing
from improv.music.event import NoteOff, NoteOn, Source
from improv.music.timeline import Timeline
from improv.play import voices
from improv.play.effects import Ask, Send, Tell
from improv.play.messages import (
    Action,
    Chorded,
    Follow,
    NameChord,
    Named,
    Phase,
    SetParam,
    Transport,
)
from improv.play.params import ACCOMPANIST, Params
from improv.session.render import Stage
from support import Metronome, stage

BASS = 48  # below it is no voice of a chord


class Fake:
    """A chord network that goes round C, Am, F and G by half bars, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[NameChord] = []
        self.there = True

    def __call__(self, request: NameChord) -> Named:
        self.asked.append(request)
        return Named(request.number, ["C", "Am", "F", "G"][request.number % 4] * self.there)


def sends(playing: Stage) -> list[tuple[float, Send]]:
    return [(now, e) for now, e in playing.effects if isinstance(e, Send) and e.voice == 5]


def score(playing: Stage) -> dict[float, list[int]]:
    """What the accompanist strikes, by when."""
    struck: dict[float, list[int]] = {}
    for now, send in sends(playing):
        if send.is_onset:
            assert send.due == pytest.approx(now)
            struck.setdefault(round(now, 6), []).append(send.message[1])
    return struck


def names(playing: Stage) -> list[tuple[float, str]]:
    """The chords as the screen is told."""
    told = [e.report for _, e in playing.effects if isinstance(e, Tell)]
    return [(round(c.at, 6), c.name) for c in told if isinstance(c, Chorded)]


def play(playing: Stage, pitches: tuple[int, ...], at: float, seconds: float) -> None:
    for pitch in pitches:
        playing.feed(NoteOn(at, pitch, 80), at)
    for pitch in pitches:
        playing.feed(NoteOff(at + seconds, pitch), at + seconds)


def comping(**params: float | bool | str) -> Stage:
    """A stage without an improviser: what sounds is yours and the accompanist's."""
    settled = {"accompany": "chords", "mode": "harmonise", "idle_start": None}
    playing = stage(**(settled | params))  # type: ignore[arg-type]
    playing.do(playing.engine.model_lost(0.0))
    return playing


def test_a_chart_is_played_to_the_beat() -> None:
    """From where somebody plays; two beats a half bar at 120, each chord near the one before."""
    playing = comping(chart="| C | F G |")
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(3.85)
    assert score(playing) == {
        0.0: [36, 55, 60, 64],
        1.0: [36, 55, 60, 64],
        2.0: [41, 57, 60, 65],
        3.0: [43, 55, 59, 62],
    }
    assert names(playing) == [(0.0, "C"), (2.0, "F"), (3.0, "G")]


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("block", [2.0, 3.0]),
        ("arpeggio", [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75]),
        ("alberti", [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75]),
        ("bossa", [2.0, 2.5, 2.75, 3.0, 3.25, 3.75]),
    ],
)
def test_a_pattern_has_its_rhythm(pattern: str, times: list[float]) -> None:
    """A bar of each at 120 bpm; turned while it plays, it changes with what is to come."""
    playing = comping(chart="pop", accompany=f"chords, pattern {pattern}")
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(3.95)
    assert [at for at in score(playing) if at >= 2.0] == times


def test_a_waltz_has_its_chords_on_one_and_three() -> None:
    """A chart of two chords a bar of three; beat 3 is the second's."""
    playing = comping(chart="| C G |", beats_per_bar=3)
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(2.8)
    assert [*score(playing)] == [0.0, 1.0, 1.5, 2.5]
    assert [name for _, name in names(playing)] == ["C", "G", "C", "G"]


def test_a_left_hand_goes_before_a_chart_and_at_once() -> None:
    """Its chord ends the one that sounds, stands for a bar after it, and then the chart's comes."""
    playing = comping(chart="| C |")
    play(playing, (72,), 0.0, 0.4)
    play(playing, (45, 52, 57, 48), 1.3, 0.1)
    playing.run_until(6.1)
    assert names(playing) == [(0.0, "C"), (1.33, "Am"), (4.0, "C")]
    assert [*score(playing)] == [0.0, 1.0, 1.33, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert {pitch % 12 for pitch in score(playing)[1.33]} == {9, 0, 4}
    ends = {send.message[1] for now, send in sends(playing) if now == 1.33 and not send.is_onset}
    assert ends == set(score(playing)[1.0])


def test_a_tune_in_the_left_hand_is_no_chord() -> None:
    """Two keys at once below the split."""
    playing = comping(chart="| C |")
    play(playing, (40, 52), 0.0, 0.9)
    playing.run_until(3.0)
    assert {name for _, name in names(playing)} == {"C"}


def test_the_network_names_each_half_bar_by_those_before_it() -> None:
    """Asked a fifth of a second before; what sounds then is taken to last."""
    fake = Fake()
    playing = comping(names=fake, sync="internal")
    play(playing, (72,), 0.0, 0.75)
    playing.feed(NoteOn(1.5, 74, 80), 1.5)
    playing.run_until(3.5)
    assert names(playing) == [(1.0, "Am"), (2.0, "F"), (3.0, "G")]
    assert [*score(playing)] == [1.0, 2.0, 3.0]
    first, second = fake.asked[:2]
    assert (first.number, len(first.heard)) == (1, 3)
    assert first.firsts == (True, False, True, False)
    assert first.heard[-1][:4] == (1.0, 1.0, 1.0, 0.0)  # of C: three of four quarters of it
    assert second.heard[-1][8:12] == pytest.approx((0.0, 0.0, 1.0, 1.0))  # of D
    assert sum(map(sum, second.heard)) == pytest.approx(5.0)


def test_without_a_network_the_last_chord_stands_and_two_empty_bars_end_it() -> None:
    """The model's process may die; nobody hears more of it than that."""
    fake = Fake()
    playing = comping(names=fake)
    for beat in range(8):
        play(playing, (72,), beat * 0.5, 0.4)
    fake.there = False
    for beat in range(8, 12):
        play(playing, (74,), beat * 0.5, 0.4)
    playing.run_until(12.0)
    assert names(playing)[-2:] == [(4.0, "C"), (10.0, "off")]
    assert max(score(playing)) == 9.0
    assert playing.engine.sounding == 0
    assert playing.engine.phase is Phase.WAITING


def test_what_is_no_chord_is_not_played() -> None:
    """Whatever a network may say."""
    playing = comping(names=lambda request: Named(request.number, "H13"))
    play(playing, (72,), 0.0, 0.9)
    playing.run_until(3.0)
    assert names(playing) == []
    assert playing.engine.chord == "off"


def test_the_chord_in_force_is_what_the_improviser_leans_on() -> None:
    """What it planned to the chord before is planned anew; lean at nothing leaves it alone."""
    for lean, redrawn in ((0.5, True), (0.0, False)):
        playing = stage(Metronome(), idle_start=0.0, chart="| C | F |", lean=lean)
        playing.run_until(6.0)
        asks = [(now, e.request) for now, e in playing.effects if isinstance(e, Ask)]
        chords = {request.params.chord for _, request in asks if request.params.chord != "off"}
        assert chords == {"C", "F"}
        at_the_change = [request for now, request in asks if now == pytest.approx(1.9)]
        assert bool(at_the_change) is redrawn
        assert all(request.params.chord == "F" for request in at_the_change)


def test_a_chord_that_is_set_by_hand_stands() -> None:
    """The knob goes before the network, which is not asked."""
    fake = Fake()
    playing = comping(names=fake, chord="Dm7")
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(2.5)
    assert {name for _, name in names(playing)} == {"Dm7"}
    assert fake.asked == []


def test_chords_stay_with_a_clock_that_moves() -> None:
    """Beats, not seconds: 100 bpm from 2 s on, and a clock that is stopped stops them."""
    playing = comping(chart="| C |", sync="clock", accompany="chords, pattern arpeggio")
    playing.feed(Follow(Timeline(0.0, 0.0, 120.0), runs=True), 0.0)
    play(playing, (72,), 0.0, 0.4)
    playing.feed(Follow(Timeline(2.0, 4.0, 100.0), runs=True), 2.0)
    playing.run_until(3.2)
    assert [at for at in score(playing) if at > 1.9] == [2.0, 2.3, 2.6, 2.9, 3.2]
    playing.feed(Follow(Timeline(2.0, 4.0, 100.0), runs=False), 3.25)
    playing.run_until(8.0)
    assert max(score(playing)) == 3.2
    assert playing.engine.sounding == 0


def test_a_song_that_leaps_takes_its_chords_along() -> None:
    """The chart goes by the song's place: bar 2 is F wherever the song came from.

    What was to come there is left where it was.
    """
    playing = comping(chart="| C | F |", sync="clock", pattern="arpeggio")
    playing.feed(Follow(Timeline(0.0, 0.0, 120.0), runs=True), 0.0)
    play(playing, (72,), 0.0, 0.4)
    playing.feed(Follow(Timeline(1.1, 44.0, 120.0), runs=True), 1.1)
    playing.run_until(2.0)
    assert names(playing) == [(0.0, "C"), (1.1, "F")]
    assert playing.engine.dropped == 0
    assert [at for at in score(playing) if at > 1.0] == pytest.approx([1.1, 1.35, 1.6, 1.85])


@pytest.mark.parametrize("at", [4.1, 4.55, 4.85, 4.97])
@pytest.mark.parametrize("beats", [-8.0, -3.0, -2.0, -1.5, 1.5, 2.0, 3.0, 32.0])
def test_no_half_bar_is_missed_where_a_song_leaps(at: float, beats: float) -> None:
    """However little it leaps: its chord comes at once, and on each line from then on."""
    playing = comping(chart="| C | F |", sync="clock")
    playing.feed(Follow(Timeline(0.0, 0.0, 120.0), runs=True), 0.0)
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(at)
    here = 2 * at + beats
    there = Timeline(at, here, 120.0)
    playing.feed(Follow(there, runs=True), at)
    playing.run_until(at + 4.0)
    struck = [there.beat_at(time) for time in score(playing) if time >= at]
    line = 2.0 * (here // 2 + 1)
    begun = [here] if line - here > 0.2 else []  # a tenth of a second more is not worth one
    assert struck == pytest.approx([*begun, *(line + 2 * n for n in range(4))][: len(struck)])
    assert len(struck) >= 4
    assert playing.engine.dropped == 0


def test_a_network_is_heard_late_of_a_half_bar_that_the_song_was_set_to() -> None:
    """A stopped song that goes on in the middle of one: as soon as it says, not with the next."""
    fake = Fake()
    playing = comping(sync="clock", names=fake)
    playing.feed(Follow(Timeline(0.0, 0.0, 120.0), runs=True), 0.0)
    for beat in range(8):
        play(playing, (72,), 0.5 * beat, 0.4)
    playing.feed(Follow(Timeline(0.0, 0.0, 120.0), runs=False), 4.2)
    assert names(playing)[-1] == (4.2, "off")
    playing.feed(Follow(Timeline(4.4, 40.5, 120.0), runs=True), 4.4)
    playing.run_until(4.45)
    assert names(playing)[-1] == (4.4, "C")
    assert [at for at in score(playing) if at > 4.2] == pytest.approx([4.4])


@pytest.mark.parametrize("action", [Action.PAUSE, Action.STOP, Action.PANIC])
def test_chords_end_with_the_music(action: Action) -> None:
    """Nothing hangs, nothing comes after, and playing again they go on."""
    playing = comping(chart="pop", accompany="chords, pattern bossa")
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(2.6)
    playing.feed(Transport(action), 2.6)
    assert playing.engine.sounding == 0
    playing.run_until(6.0)
    assert max(score(playing)) < 2.6
    playing.feed(Transport(Action.PLAY), 6.1)
    playing.run_until(8.0)
    assert max(score(playing)) > 6.1


def test_turned_off_the_accompanist_ends_what_it_plays() -> None:
    """And turned on it begins with the others."""
    playing = comping(chart="pop")
    play(playing, (72,), 0.0, 0.4)
    playing.feed(SetParam(1, "accompany", "off"), 2.5)
    assert playing.engine.sounding == 0
    playing.run_until(4.0)
    assert max(score(playing)) == 2.0
    playing.feed(SetParam(2, "accompany", "chords"), 4.0)
    play(playing, (72,), 4.2, 0.3)
    playing.run_until(6.0)
    assert max(score(playing)) > 4.2


def test_voices_move_little_through_a_blues() -> None:
    """Three semitones a voice and change at most, within the range; the bass is below."""
    playing = comping(chart="blues")
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(47.9)
    played = [tuple(p for p in chord if p >= BASS) for chord in score(playing).values()]
    assert len(played) == 48
    assert all(48 <= pitch <= 72 for chord in played for pitch in chord)
    assert max(voicing.motion(a, b) / max(len(a), len(b)) for a, b in pairwise(played)) <= 3.0


def test_a_transposed_instrument_sounds_the_chord_that_is_named() -> None:
    """As with a scale: names are of what sounds."""
    playing = comping(chart="| C |", transpose=3)
    play(playing, (72,), 0.0, 0.4)
    playing.run_until(0.9)
    assert {pitch % 12 for pitch in score(playing)[0.0]} == {0, 4, 7}


def test_a_line_says_how_the_accompanist_plays() -> None:
    """Chords whatever else it says; a voice that is named chords is one as well."""
    its = voices.of(Params(accompany="channel 3, pattern bossa, range C4-C6"), ACCOMPANIST)
    assert its is not None
    assert (its.mode, its.channel, its.pattern) == ("chords", 2, "bossa")
    assert (its.low, its.high) == (60, 84)
    other = voices.of(Params(voice_2="chords, instrument Flute"), 2)
    assert other is not None
    assert (other.mode, other.program) == ("chords", 73)
    with pytest.raises(UsageError, match="each bar one chord or two"):
        Params(chart="| C D E |")


def test_the_context_hears_nothing_of_the_chords() -> None:
    """What is gone on from is the tune, as with a click."""
    model = Metronome()
    playing = stage(model, idle_start=0.0, accompany="chords, channel 2", chart="pop", notes=8)
    playing.run_until(4.0)
    heard = {n.pitch for context in model.primed for n in context if n.source is Source.IMPROV}
    struck = {pitch for chord in score(playing).values() for pitch in chord}
    assert struck
    assert not heard & struck
