"""The chord in force, half bar by half bar: who says it, when it is asked for, when it is decided.

Your left hand goes before a chart, a chart before the knob `chord`, and that before the network,
which names the coming half bar by what was heard so far. It is asked `ASK` seconds before the half
bar, and what it has said by `DECIDE` before it counts, for all of it: where the model is not there,
the chord that was stands. The next half bar is named anew, by all that was heard until then. Only
of a half bar that the song has leapt into, which is decided before anybody can be asked, a later
word counts. Two bars without a note, and the network's chord ends. A left hand needs no half bar:
its chord is in force as soon as its keys have come to rest, and for a bar after it has let go.

There is a beat wherever chords are played or a chart is gone by; see `play.tempo`.
"""

from __future__ import annotations

from dataclasses import dataclass

from improv.listen.context import Context
from improv.music import chart, chord, halves
from improv.music.event import Source
from improv.music.halves import Heard
from improv.music.scale import OCTAVE
from improv.music.timeline import NEAR, Timeline
from improv.play import voices
from improv.play.effects import AskChord
from improv.play.messages import Chorded, NameChord, Named
from improv.play.params import Params
from improv.play.tempo import Tempo
from improv.play.wire import Wire

ASK = 0.200
"""Seconds before a half bar that its chord is asked for: what sounds then is taken to last."""
DECIDE = 0.100
"""Seconds before it that its chord is decided: time for the voices to plan to it."""
LONGEST = 32
"""Half bars that a network goes by, at most: 2 ms of work, and nearly as good as all of a song (of
1,926 half bars 28.5 % are named as they are annotated; by 64 28.6, by all 28.8)."""
REST = 4
"""Half bars without a note after which the network's chord ends."""
HAND = 3
"""Pitch classes below the split that are a chord; fewer are a tune or a bass."""
LEAP = 0.5
"""Beats by which the song must be elsewhere than it was about to be to have leapt."""
SETTLE = 0.030
"""Seconds after its last key in which a left hand is still on its way down (a rolled chord)."""
RECENT = 64
"""Notes that are looked through for what sounds in a half bar."""


@dataclass(frozen=True, slots=True)
class Half:
    """A half bar whose chord is decided; beats of the song. `since` is when it holds from."""

    number: int
    name: str
    begin: float
    end: float
    since: float
    first: bool  # of its bar


class Harmony:
    """What every voice goes by. `params` are the knobs; only the engine turns them."""

    def __init__(self, params: Params, context: Context, wire: Wire, tempo: Tempo) -> None:
        self.params = params
        self.half: Half | None = None  # the last that was decided
        self._context = context
        self._wire = wire
        self._tempo = tempo
        self._next: int | None = None  # the half bar to be decided
        self._asked: int | None = None
        self._said: Named | None = None
        self._unasked: int | None = None  # the half bar that it has leapt into
        self._beat: Timeline | None = None  # as it was last
        self._heard: dict[int, Heard] = {}  # without a gap
        self._hand = chord.NONE
        self._hand_at: float | None = None  # when its keys have come to rest
        self._hand_until = 0  # the half bar in which it no longer counts
        self._lead = 0.0

    @property
    def name(self) -> str:
        """The chord in force, or that of the half bar that is about to begin."""
        return chord.NONE if self.half is None else self.half.name

    @property
    def timeline(self) -> Timeline | None:
        """The beat that chords go by; None where none are wanted, or its song stands."""
        goes_by_chords = self.params.chart != chart.NONE or voices.play_chords(self.params)
        sync = self._tempo.sync(self.params)
        return sync.timeline if goes_by_chords and sync.runs else None

    def due(self) -> float | None:
        """When `advance` must be called at the latest; None where there is no beat to go by."""
        timeline = self.timeline
        if timeline is None:
            return None
        if self._next is None:
            return float("-inf")
        ahead = DECIDE if self._asked == self._next else ASK
        time = self._begin(timeline, self._next) - ahead - self._lead
        return time if self._hand_at is None else min(time, self._hand_at)

    def advance(self, now: float, lead: float) -> float | None:
        """Do all that is due by now; where another chord is decided, from when on it holds.

        `lead`: seconds that notes are given out before they are heard.
        """
        timeline = self.timeline
        if timeline is None:
            self.rest(now)
            return None
        self._lead = lead
        heard = now + lead
        here = halves.at(timeline.beat_at(heard), self.params.beats_per_bar)
        changed = self._settle(timeline, here, now)
        if self._next is None or self._has_leapt(timeline, here, heard):
            self._heard.clear()
            ends_soon = self._begin(timeline, here + 1) - heard < DECIDE
            self._next, self._asked = here + ends_soon, None
            self._unasked = self._next
        self._beat = timeline
        while (left := self._begin(timeline, self._next) - heard) <= ASK + NEAR:
            if self._asked != self._next:
                self._ask(timeline, self._next)
            if left > DECIDE + NEAR:
                break
            name = self._chord_of(self._next)
            changed = self._decide(timeline, self._next, name, heard) or changed
            self._next += 1
        return self._take_late(timeline, here, heard) or changed

    def take(self, named: Named) -> None:
        """What the network says."""
        if named.number in {self._next, self._unasked} and chord.is_chord(named.name):
            self._said = named

    def strike(self, now: float) -> None:
        """You struck a key: a left hand that holds a chord will have come to rest soon."""
        if _is_chord(self._held()):
            self._hand_at = now + SETTLE

    def rest(self, now: float) -> None:
        """No chord is in force, and nothing is remembered."""
        if self.name != chord.NONE:
            self._wire.tell(Chorded(chord.NONE, now))
        self.half = self._next = self._asked = self._said = self._hand_at = self._unasked = None
        self._hand = chord.NONE
        self._heard.clear()

    def _begin(self, timeline: Timeline, number: int) -> float:
        """When a half bar begins."""
        return timeline.time_of(halves.begin(number, self.params.beats_per_bar))

    def _has_leapt(self, timeline: Timeline, here: int, heard: float) -> bool:
        """Whether the song is elsewhere than it was about to be, or its bars are others."""
        before = self._beat or timeline
        apart = abs(timeline.beat_at(heard) - before.beat_at(heard))
        return apart > LEAP or self._next is None or not here <= self._next <= here + 2

    # --- who says it

    def _chord_of(self, number: int) -> str:
        if _is_chord(self._held()):
            self._hold(number)
        if self._hand != chord.NONE and number < self._hand_until:
            return self._hand
        self._hand = chord.NONE
        if self.params.chart != chart.NONE:
            bar, beat = divmod(halves.begin(number, self._bar), self._bar)
            return chart.at(self.params.chart, int(bar), beat / self._bar)
        if self.params.chord != chord.NONE:
            return self.params.chord
        lately = (self._heard.get(number - back, halves.SILENT) for back in range(1, REST + 1))
        if not any(map(any, lately)):
            return chord.NONE
        said = self._said
        return said.name if said is not None and said.number == number else self.name

    def _decide(self, timeline: Timeline, number: int, name: str, heard: float) -> float | None:
        """That is its chord, from its beginning or from now on; when that is, if it is new."""
        begin, end = (halves.begin(each, self._bar) for each in (number, number + 1))
        since = max(begin, timeline.beat_at(heard))
        new = name != self.name
        self.half = Half(number, name, begin, end, since, halves.is_first(number, self._bar))
        if not new:
            return None
        self._wire.tell(Chorded(name, timeline.time_of(since)))
        return timeline.time_of(since)

    def _settle(self, timeline: Timeline, here: int, now: float) -> float | None:
        """Take the chord of a left hand that has come to rest, at once."""
        if self._hand_at is None or now < self._hand_at:
            return None
        self._hand_at = None
        held = self._held()
        if not _is_chord(held):
            return None
        self._hand = chord.named(held)
        self._hold(here)
        if self._hand == self.name:
            return None
        if self._next is not None:
            self._next = min(self._next, here + 1)  # what was decided is decided anew
        return self._decide(timeline, here, self._hand, now + self._lead)

    def _take_late(self, timeline: Timeline, here: int, heard: float) -> float | None:
        """Take what the network says of the half bar that the song has leapt into, at once."""
        if self._said is None or self.half is None:
            return None
        if not self._said.number == self._unasked == self.half.number == here:
            return None
        self._unasked = None
        name = self._chord_of(here)
        return None if name == self.name else self._decide(timeline, here, name, heard)

    def _hold(self, number: int) -> None:
        """The left hand counts in this half bar, and for a bar after it."""
        self._hand_until = number + 1 + len(halves.cuts(self._bar))

    def _held(self) -> tuple[int, ...]:
        """Your keys below the split."""
        yours = self._wire.ledger.sounding(Source.YOU)
        return tuple(note.pitch for note in yours if note.pitch < self.params.split)

    def _ask(self, timeline: Timeline, number: int) -> None:
        """Write down what was heard, and ask what comes after it, unless somebody else says."""
        self._asked = number
        low = 0 if self._hand == chord.NONE else self.params.split
        notes = [
            note
            for note in self._context.snapshot(float("inf"), RECENT)
            if note.source is Source.IMPROV or note.pitch >= low
        ]
        for each in (number - 2, number - 1):
            begin, end = self._begin(timeline, each), self._begin(timeline, each + 1)
            self._heard[each] = halves.heard(notes, begin, end)
        while len(self._heard) > LONGEST:
            del self._heard[next(iter(self._heard))]
        params, heard = self.params, tuple(self._heard.values())
        others = (params.chart, params.chord, self._hand)
        if others == (chart.NONE, chord.NONE, chord.NONE) and any(map(any, heard)):
            firsts = (halves.is_first(each, self._bar) for each in (*self._heard, number))
            self._wire.do(AskChord(NameChord(number, heard, tuple(firsts))))

    @property
    def _bar(self) -> int:
        return self.params.beats_per_bar


def _is_chord(pitches: tuple[int, ...]) -> bool:
    return len({pitch % OCTAVE for pitch in pitches}) >= HAND
