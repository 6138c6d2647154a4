"""The engine: what is heard, asked of the model and sent, as a pure state machine.

Theory of operation. Whatever happens (a key, a command, a proposal, or time passing) comes in
through `handle(item, now)` and leaves as effects: `Send` a message, `Ask` the model, `Tell` the
screen. `due` says when it next wants to be woken. Only one thread ever calls it.

    WAITING --you play--> LISTENING --your phrase ends--> PLAYING --phrase played out--> WAITING
       |                      ^                               |
       +--nobody plays--> PLAYING <-------- you play ---------+

When you play, all that is planned and has not sounded is dropped and a proposal still under way
becomes stale by its number; what sounds ends when it was going to. A turned knob drops the plan
beyond `COMMIT` seconds and asks again, so it is heard in the very next note. Notes are numbered
from the start and a dropped note gives its number back: the same number draws with the same
random numbers, so a plan bends under a knob instead of jumping.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from improv.errors import UsageError
from improv.listen.context import Context
from improv.listen.turns import Turns
from improv.music.event import Note, NoteOff, NoteOn, Other, ProposedNote, Source
from improv.play import asking
from improv.play.again import Again
from improv.play.asking import COMMIT, HORIZON, LEAD, RETRY
from improv.play.effects import Effect, Hush, Item, Send
from improv.play.hands import Hands
from improv.play.ledger import program_change
from improv.play.messages import (
    Action,
    Futures,
    Level,
    Notice,
    Phase,
    Planned,
    Proposal,
    SetParam,
    Strike,
    Transport,
)
from improv.play.params import Params
from improv.play.placing import CROWD, anchor, place
from improv.play.promptness import Promptness
from improv.play.scheduler import TOO_LATE, Scheduler, Start
from improv.play.wire import Wire


class Engine:
    """The player's mind. `opening` is the prompt, or the phrase it starts from by itself."""

    def __init__(
        self,
        params: Params,
        *,
        seed: int,
        opening: tuple[Note, ...],
        idle_start: float | None,
        limit: int | None = None,
    ) -> None:
        """Store.

        Args:
            params: the knobs as they stand at the start.
            seed: makes the same music of the same playing.
            opening: notes the context is seeded with when nobody has played.
            idle_start: seconds after the model is ready until it starts by itself; None is never.
            limit: notes it plays in all, whatever the phrase length; None is no limit.
        """
        self.params = params
        self.serial = 0
        self.phase = Phase.WAITING
        self.seed = seed
        self.played = self.heard = self.dropped = self.released = 0
        self.promptness = Promptness()
        self._opening = opening
        self._idle_start = idle_start
        self._limit = limit
        self._context = Context()
        self._turns = Turns()
        self._scheduler = Scheduler()
        self._wire = Wire(self._context)
        self._hands = Hands(self._context, self._wire, self._turns)
        self._again = Again()
        self._ready = False
        self._idle_at: float | None = None
        self._floor = 0.0  # no note of the answer starts before this
        self._chosen = params.program != Params().program  # an instrument was asked for
        self._retry_at = 0.0
        self._recent: deque[float] = deque(maxlen=CROWD)  # starts of its last notes
        self._issued = 0  # notes sounded and planned since the start
        self._phrase_from = 0  # `_issued` when the phrase under way began

    # --- what others see
    @property
    def context_size(self) -> int:
        return min(len(self._context), self.params.context)

    @property
    def planned(self) -> int:
        return len(self._scheduler)

    @property
    def sounding(self) -> int:
        """Notes on the wire without their note-off so far."""
        return len(self._wire.ledger)

    @property
    def serials(self) -> frozenset[int]:
        """Of all notes that sound, those that only takes hear too."""
        return frozenset(note.serial for note in self._wire.ledger.sounding())

    @property
    def version(self) -> tuple[int, int] | None:
        """Which version of the music since its last beginning sounds, and how many there are."""
        return self._again.version

    def due(self) -> float | None:
        """When `handle(None, now)` must be called at the latest; None while nothing is due."""
        times = [self._scheduler.due()]
        if self.phase is Phase.LISTENING:
            end = self._turns.phrase_end(self.params.pause)
            times.append(None if end is None else end - LEAD - self._scheduler.lead)
        times += [self._idle_due(), self._ask_at()]
        return min((time for time in times if time is not None), default=None)

    def greeting(self, now: float) -> list[Send]:
        """What an output that has just opened must be told: your pedals, and the instrument.

        The instrument only if one was chosen: a hardware synth keeps the patch its player has
        dialled in.
        """
        return self._wire.greeting(self.params, now, chosen=self._chosen)

    def farewell(self, now: float) -> list[Send]:
        """What an output must be told before it closes, so that nothing of ours rings on there."""
        return self._wire.farewell(now)

    # --- what happens
    def handle(self, item: Item | None, now: float) -> list[Effect]:
        """Take one item (None: only time has passed) and do all that is due by `now`."""
        plan = self._scheduler.plan
        match item:
            case NoteOn():
                self._hands.press(item, now, audible=self.params.thru)
                self._hear()
            case NoteOff():
                self._hands.release(item, now)
            case Other():
                self._hands.control(item, now, audible=self.params.thru)
            case SetParam():
                self._turn(item, now)
            case Strike():
                self._strike(item, now)
            case Transport():
                self._transport(item.action, now)
            case Proposal():
                self._take(item, now)
            case Futures():
                self._again.more(item)
        self._advance(now)
        if self._scheduler.plan != plan:
            self._wire.tell(Planned(self._scheduler.plan))
        return self._wire.taken()

    def model_ready(self, now: float) -> list[Effect]:
        """The model process answers requests from now on."""
        self._ready = True
        self._again.lost()
        if self._idle_start is not None and self._idle_at is None:
            self._idle_at = now + self._idle_start
        return self.handle(None, now)

    def model_lost(self, now: float) -> list[Effect]:
        """The model process is gone; what is planned plays out."""
        self._ready = False
        self._again.lost()
        return self.handle(None, now)

    def lift_keys(self, now: float) -> list[Effect]:
        """Take every key and pedal of yours as released: the keyboard is gone."""
        self._hands.lift(now, audible=self.params.thru)
        return self.handle(None, now)

    def lead_by(self, lead: float, now: float) -> list[Effect]:
        """Give each planned note out `lead` seconds before it is due: the slowest output's latency.

        Where that grows, what is planned is drawn anew: its beginning would be late already.
        """
        if lead == self._scheduler.lead:
            return []
        if lead > self._scheduler.lead:
            self._drop_plan(float("-inf"))
        self._scheduler.lead = lead
        return self.handle(None, now)

    def finish(self, now: float) -> list[Effect]:
        """Let every note go and reset every channel used, for exit."""
        self._drop_plan(float("-inf"))
        self._let_all_go(now)
        return self._wire.taken()

    # --- your playing
    def _strike(self, strike: Strike, now: float) -> None:
        params = self.params
        serial = self._hands.strike(strike, params.channel, now, audible=params.thru)
        self._scheduler.owe(serial, now + strike.duration)
        self._hear()

    def _hear(self) -> None:
        """You struck a key: it is your turn."""
        self.heard += 1
        self._again.forget()
        if self.phase in {Phase.PLAYING, Phase.WAITING, Phase.STOPPED}:
            self._drop_plan(float("-inf"))
            self.promptness.interrupted()
            self.phase = Phase.LISTENING

    # --- commands
    def _turn(self, command: SetParam, now: float) -> None:
        before = self.params
        self.serial = max(self.serial, command.serial)
        try:
            self.params = before.with_value(command.name, command.value)
        except UsageError as error:
            self._wire.tell(Notice(str(error), Level.ERROR))
            return
        after = self.params
        if before.thru != after.thru:
            self._wire.turn_thru(audible=after.thru, now=now)
        if (before.program, before.channel) != (after.program, after.channel):
            self._chosen = True
            self._wire.ledger.touch(after.channel)
            self._wire.send(program_change(after.channel, after.program), now, Source.IMPROV)
        if command.name not in {"thru", "program", "channel", "pause"}:
            self._drop_plan(self._scheduler.heard(now) + COMMIT)
            if self.phase is Phase.PLAYING:
                self.promptness.turned(now)

    def _transport(self, action: Action, now: float) -> None:
        match action:
            case Action.PLAY:
                self._begin(now)
            case Action.PAUSE | Action.STOP:
                self._wire.do(Hush())
                self._drop_plan(float("-inf"))
                self.released += self._wire.end_all(Source.IMPROV, now)
                self.phase = Phase.PAUSED if action is Action.PAUSE else Phase.STOPPED
            case Action.NEW:
                self._drop_plan(float("-inf"))
                self._context.clear()
                self._again.forget()
                self._begin(now)
            case Action.AGAIN:
                self._play_again(now)
            case Action.PANIC:
                self._drop_plan(float("-inf"))
                self._wire.ledger.touch_all()
                self._let_all_go(now)
                self.phase = Phase.STOPPED

    def _let_all_go(self, now: float) -> None:
        self._wire.do(Hush())
        self._hands.forget()
        self.released += self._wire.silence(now)

    # --- its playing
    def _begin(self, now: float) -> None:
        """Play from now on, from the opening where nothing has been heard."""
        if not len(self._context):
            self._context.seed(self._opening, end=now)
        if self.phase is not Phase.PLAYING:
            self._phrase_from = self._issued
        self.phase = Phase.PLAYING
        self._floor = now

    def _take(self, proposal: Proposal, now: float) -> None:
        if not self._again.is_answered(proposal):
            return  # stale: the plan it belonged to was dropped
        heard = self._scheduler.heard(now)
        if self._context.unheard and not len(self._scheduler):  # nobody waits after the opening
            first = anchor(proposal.notes, max(self._floor, heard))
            self._context.seed(self._opening, end=first)
        starts = (self._scheduler.last_start, self._context.last_start, heard)
        last = next(start for start in starts if start is not None)
        last = anchor(proposal.notes, self._floor) if self._again.anew else last
        self._again.taken(proposal, self._plan(proposal.notes, last, now))

    def _plan(self, proposed: tuple[ProposedNote, ...], last: float, now: float) -> list[Note]:
        """Plan what was proposed, after a note that starts at `last`."""
        heard = self._scheduler.heard(now)
        proposed = proposed[: self._left()]
        before = (*self._recent, *(note.start for note in self._scheduler.plan))
        notes = place(proposed, anchor=last, floor=max(self._floor, heard), before=before)
        self._scheduler.add(notes)
        self._issued += len(notes)
        if notes:
            wanted = place(proposed, anchor=last, floor=self._floor, before=before)[0].start
            self.promptness.planned(notes[0].start, wanted, now)
        else:
            self._retry_at = now + RETRY
        return notes

    def _play_again(self, now: float) -> None:
        """Something else, from where what sounds began."""
        soon = self._scheduler.heard(now) + COMMIT
        if self.version is None or not self._ready:
            self._wire.tell(Notice("there is nothing to play again yet"))
            return
        self._drop_plan(soon)
        request, future = self._again.next(self.params)
        self._issued, self._floor, self.phase = request.index, soon, Phase.PLAYING
        if future is not None:
            self._plan(future.notes, anchor(future.notes, soon), now)
        else:
            request = replace(request, count=asking.count(asking.CHUNK, self._left()))
            self._wire.do(self._again.ask(request))

    def _advance(self, now: float) -> None:
        while ready := self._scheduler.pop_due(now):
            for item in ready:
                if isinstance(item, Start):
                    self._sound(item.note, now)
                else:
                    self._wire.end(item.serial, now, due=item.due)
        self._take_turn(now)
        if self.phase is Phase.PLAYING and self._left() == 0 and not len(self._scheduler):
            self.phase = Phase.WAITING
            self._idle_at = None
        ask_at = self._ask_at()
        if ask_at is not None and now >= ask_at:
            self._ask(now)

    def _take_turn(self, now: float) -> None:
        """Begin where your phrase has ended, or where nobody plays."""
        if self.phase is Phase.LISTENING:
            end = self._turns.phrase_end(self.params.pause)
            if end is not None and now >= end - LEAD - self._scheduler.lead:
                self._begin(now)
                self._floor = end
                self.promptness.answering()
        idle_at = self._idle_due()
        if idle_at is not None and now >= idle_at:
            self._begin(now)

    def _sound(self, note: Note, now: float) -> None:
        if self._scheduler.heard(now) - note.start > TOO_LATE:
            self.dropped += 1
            return
        self._wire.make_room(self.params, note, now)
        serial = self._wire.new_serial()
        self.played += 1
        self._recent.append(note.start)
        self._again.sounded(note.start)
        self.promptness.sounded(note.start, max(now, note.start))
        self._context.begin(serial, note, held=False)
        self._wire.start(serial, self.params.channel, note, now, due=note.start, audible=True)
        self._scheduler.owe(serial, note.start + note.duration)

    def _idle_due(self) -> float | None:
        return self._idle_at if self.phase is Phase.WAITING and self._ready else None

    def _left(self) -> int | None:
        """Notes left of the phrase under way, or None when it is endless."""
        end = self._phrase_from + self.params.notes if self.params.notes else None
        end = end if self._limit is None else self._limit
        return None if end is None else max(0, end - self._issued)

    def _ask_at(self) -> float | None:
        """When to ask the model for more: before less than HORIZON seconds are planned."""
        if (
            self.phase is not Phase.PLAYING
            or not self._ready
            or self._again.under_way
            or self._left() == 0
        ):
            return None
        last = self._scheduler.last_start
        ahead = HORIZON + self._scheduler.lead
        return self._retry_at if last is None else max(self._retry_at, last - ahead)

    def _ask(self, now: float) -> None:
        request = asking.request(
            self.params,
            (self.seed, self._issued),
            self._context,
            self._scheduler.plan,
            left=self._left(),
            floor=self._floor,
            heard=self._scheduler.heard(now),
        )
        begins = self.params.notes == 0 or self._issued == self._phrase_from
        self._wire.do(self._again.ask(replace(request, others=begins)))

    def _drop_plan(self, after: float) -> None:
        self._issued -= self._scheduler.drop_after(after)
        self._again.dropped(after)
