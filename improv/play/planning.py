"""What it is going to play: what is planned and asked for, and how long its phrase is.

Notes are numbered from the start, and a dropped note gives its number back: the same number draws
with the same random numbers, so a plan bends under a knob instead of jumping. A phrase ends with
its last note, counted, or with the last that begins before its time is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from improv.listen.context import Context
from improv.music.event import Note, ProposedNote, Source
from improv.music.timeline import Timeline
from improv.play import asking, modes
from improv.play.again import Again
from improv.play.asking import COMMIT, HORIZON, RETRY
from improv.play.effects import Ask
from improv.play.freeze import Loop
from improv.play.messages import Proposal
from improv.play.params import ANSWER, BARS, SOLO, Params
from improv.play.placing import CROWD, anchor, is_playable, moved_on, place, to_come
from improv.play.promptness import Promptness
from improv.play.quantising import TOGETHER, quantised
from improv.play.scheduler import Scheduler
from improv.play.tempo import Tempo

ALL = float("-inf")
"""As the time after which a plan is dropped."""
ELSEWHERE = 0x5851F42D4C957F2D
"""By which its seed moves on with the music: bars are drawn by their numbers, not by their notes',
and those begin again with the song."""


class Plan:
    """The plan, and the way to more of it.

    Args:
        context: what has sounded.
        opening: notes the context is seeded with when nobody has played.
        promptness: is told what is planned and what sounds.
        seed: makes the same music of the same playing.
        limit: notes in all, whatever the phrase length; None is no limit.
        tempo: the beat that all voices play to.
        voice: whose plan it is.
    """

    def __init__(
        self,
        context: Context,
        opening: tuple[Note, ...],
        promptness: Promptness,
        seed: int,
        limit: int | None,
        tempo: Tempo,
        voice: int,
    ) -> None:
        self.scheduler = Scheduler()
        self._tempo = tempo
        self._voice = voice
        self.again = Again()
        self.seed = seed
        self._context = context
        self._opening = opening
        self._promptness = promptness
        self._limit = limit
        self._issued = 0  # notes sounded and planned since the start
        self._phrase_from = 0  # `_issued` when the phrase under way began
        self._floor = 0.0  # no note starts before this
        self._until: float | None = None  # nor after this
        self._is_over = False  # the phrase has come to that time
        self._is_put_off = False  # the next note, by a key of yours
        self._retry_at = 0.0
        self._recent: deque[float] = deque(maxlen=CROWD)  # starts of its last notes
        self._loop: Loop | None = None
        self._own_beat: Timeline | None = None  # of the phrase, where it plays to none
        # how likely each pitch was when a planned note was drawn, by its start and pitch
        self._chances: dict[tuple[float, int], bytes] = {}

    def __len__(self) -> int:
        return len(self.scheduler)

    @property
    def chances(self) -> bytes:
        """How likely each pitch was when the next note was drawn; empty where nobody knows."""
        plan = self.scheduler.plan
        return self._chances.get((plan[0].start, plan[0].pitch), b"") if plan else b""

    def begin(self, floor: float, *, seconds: float | None = None, anew: bool = True) -> None:
        """A phrase begins, no earlier than `floor` and for so many seconds; or goes on."""
        if not len(self._context):
            self._context.seed(self._opening, end=floor)
        if anew:
            self._phrase_from = self._issued
        self._floor = floor
        self._until = None if seconds is None else floor + seconds
        self._is_over = False
        self._own_beat = None

    def answer(self, end: float, yours: float, params: Params) -> None:
        """An answer begins, to a phrase of `yours` seconds that ended at `end`."""
        if params.mode == ANSWER and params.answer == BARS:
            floor, seconds = self._tempo.answer(end, params)
            self.begin(floor, seconds=seconds)
        else:
            self.begin(end, seconds=modes.answer_seconds(params, yours))

    def left(self, params: Params) -> int | None:
        """Notes left of the phrase under way, or None where nobody has counted them."""
        if self._is_over:
            return 0
        count = modes.answer_notes(params)
        end = None if count is None else self._phrase_from + count
        end = end if self._limit is None else self._limit
        return None if end is None else max(0, end - self._issued)

    def is_played_out(self, params: Params) -> bool:
        """Whether its phrase is over and nothing of it is still to come."""
        return self.left(params) == 0 and not len(self.scheduler)

    def ask_at(self, params: Params) -> float | None:
        """When to ask for more: before less than HORIZON seconds are planned."""
        if self.again.under_way or self.left(params) == 0:
            return None
        last = self.scheduler.last_start
        ahead = HORIZON + self.scheduler.lead
        return self._retry_at if last is None else max(self._retry_at, last - ahead)

    def ask(self, params: Params, now: float) -> Ask:
        """Ask for what follows the plan. In a solo it goes by its own notes, if it has any."""
        request = asking.request(
            params,
            (self.seed, self._issued),
            self._context,
            self.scheduler.plan,
            left=self.left(params),
            floor=self._floor,
            heard=self.scheduler.heard(now),
            timeline=self._beat(params, now),
        )
        if params.mode == SOLO:
            own = tuple(n for n in request.context if n.source is Source.IMPROV)
            request = replace(request, context=own or request.context)
        others = params.notes == 0 or self._issued == self._phrase_from
        return self.again.ask(replace(request, others=others, voice=self._voice))

    def take(self, proposal: Proposal, params: Params, now: float) -> None:
        """Plan what was proposed, unless the plan it belonged to was dropped."""
        if not self.again.is_answered(proposal):
            return
        heard = self.scheduler.heard(now)
        notes, beat = proposal.notes, self._beat(params, now)
        counted = any(note.beat is not None for note in notes)
        if self._context.unheard and not len(self.scheduler) and not counted:
            # nobody waits after the opening
            first = anchor(notes, max(self._floor, heard))
            self._context.restore(self._context.kept(), end=first)
        starts = (self.scheduler.last_start, self._last_start(params), heard)
        last = next(start for start in starts if start is not None)
        if self.again.anew:
            last = anchor(notes, self._floor)
            notes = moved_on(notes, beat, self._floor, params.beats_per_bar)
        self.again.taken(proposal, self._add(notes, last, params, now))

    def play_again(self, params: Params, now: float) -> Ask | None:
        """Something else, from where what sounds began; what to ask where that is not at hand."""
        soon = self.scheduler.heard(now) + COMMIT
        self.drop(soon)
        request, future = self.again.next(params)
        self._issued, self._floor = request.index, soon
        if future is not None:
            notes = moved_on(future.notes, self._beat(params, now), soon, params.beats_per_bar)
            self._add(notes, anchor(notes, soon), params, now)
            return None
        count = asking.count(asking.CHUNK, self.left(params))
        return self.again.ask(
            replace(
                request,
                count=count,
                timeline=self._beat(params, now),
                tonight=asking.tonight(self._context.evening, params),
            )
        )

    def drop(self, after: float) -> None:
        """Drop what is planned after a time, and what is asked for."""
        dropped = self.scheduler.drop_after(after)
        self._issued -= dropped
        if self._loop is not None:
            self._loop.back(dropped)
        self.again.dropped(after)
        self._is_over = False

    def bend(self, now: float) -> None:
        """You struck a key in a duet: what is not to come too soon is drawn anew, to go with it.

        The next note is put off once at most. It is drawn with the same random numbers each time,
        so that keys at even times would put it off for ever.
        """
        after = self.scheduler.heard(now) + modes.REACTION
        following = self.scheduler.plan[0].start if len(self.scheduler) else None
        if following is not None:
            if self._is_put_off:
                after = max(after, following + TOGETHER)
            self._is_put_off = self._is_put_off or following > after
        self.drop(after)

    def go_elsewhere(self) -> None:
        """The music goes on from another place: drop all, and draw by other random numbers."""
        self.drop(ALL)
        self.again.forget()
        self.seed = (self.seed + ELSEWHERE) % 2**63

    def sounded(self, note: Note, now: float) -> None:
        """A planned note sounds."""
        self._is_put_off = False
        self._recent.append(note.start)
        self.again.sounded(note.start)
        self._promptness.sounded(note.start, max(now, note.start))

    def freeze(self, count: int, now: float) -> bool:
        """Loop the last so many notes from now on, 0 for no loop; whether there are any."""
        notes = self._context.snapshot(now, count) if count else ()
        self._loop = Loop(notes) if notes else None
        return self._loop is not None

    def _last_start(self, params: Params) -> float | None:
        """When the note began that the model went by last; in a solo, its own."""
        if params.mode == SOLO:
            for note in reversed(self._context.snapshot(0.0, params.context)):
                if note.source is Source.IMPROV:
                    return note.start
        return self._context.last_start

    def _beat(self, params: Params, now: float) -> Timeline:
        """The beat in force; where it plays to none, that of its phrase, which nobody hears."""
        timeline = self._tempo.timeline(params)
        if timeline is not None:
            return timeline
        if self._own_beat is None:
            self._own_beat = self._tempo.unheard(max(self._floor, 0.0), params)
        elif self._own_beat.bpm != params.tempo:
            self._own_beat = self._own_beat.at_tempo(self.scheduler.heard(now), params.tempo)
        return self._own_beat

    def _add(
        self, proposed: tuple[ProposedNote, ...], last: float, params: Params, now: float
    ) -> list[Note]:
        """Plan what was proposed, after a note that starts at `last`."""
        heard = self.scheduler.heard(now)
        beat = self._beat(params, now)
        floor = max(self._floor, heard)
        proposed = to_come(proposed, beat, floor)[: self.left(params)]
        if self._loop is not None:
            proposed = self._loop.follow(proposed, params.mutation, self.seed, self._issued)
        before = (*self._recent, *(note.start for note in self.scheduler.plan))
        placed = place(proposed, anchor=last, floor=floor, before=before, timeline=beat)
        first = placed[0].start if placed else floor
        timeline = self._tempo.timeline(params)
        if timeline is not None:
            planned, key = self.scheduler.plan, (self.seed, self._issued)
            placed = quantised(placed, timeline, params, floor=floor, before=planned, key=key)
        notes = [note for note in placed if self._until is None or note.start < self._until]
        self._is_over = len(notes) < len(placed)
        self._keep_chances(proposed, notes)
        self.scheduler.add(notes)
        self._issued += len(notes)
        if notes:
            free = place(proposed, anchor=last, floor=self._floor, before=before, timeline=beat)
            wanted = free[0].start
            drawn = notes[0].start - first  # by the grid, which nobody waits for
            self._promptness.planned(notes[0].start, wanted + drawn, now)
        else:
            self._retry_at = now + RETRY
        return notes

    def _keep_chances(self, proposed: Iterable[ProposedNote], notes: list[Note]) -> None:
        """Remember what the notes that are added were drawn from, and forget what has sounded."""
        planned = {(note.start, note.pitch) for note in self.scheduler.plan}
        kept = {key: told for key, told in self._chances.items() if key in planned}
        playable = (each.chances for each in proposed if is_playable(each))
        added = {(n.start, n.pitch): told for n, told in zip(notes, playable, strict=False) if told}
        self._chances = kept | added
