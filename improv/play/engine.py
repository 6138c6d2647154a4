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

from improv.errors import UsageError
from improv.listen.context import Context
from improv.listen.turns import Turns
from improv.music.event import Note, NoteOff, NoteOn, Other, Source
from improv.play import asking, modes
from improv.play.asking import COMMIT, LEAD
from improv.play.companions import Companions
from improv.play.effects import Effect, Hush, Item, Send
from improv.play.hands import Hands
from improv.play.ledger import program_change
from improv.play.messages import (
    Action,
    Beat,
    Follow,
    Futures,
    Level,
    Notice,
    Phase,
    Proposal,
    SetParam,
    Strike,
    Sync,
    Transport,
)
from improv.play.params import HARMONISE, PEDAL, SILENCE, Params
from improv.play.planning import ALL, Plan
from improv.play.promptness import Promptness
from improv.play.scheduler import TOO_LATE, Start
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
        self._idle_start = idle_start
        self._context = Context()
        self._turns = Turns()
        self._plan = Plan(self._context, opening, self.promptness, seed, limit, params.tempo)
        self._wire = Wire(self._context, params.transpose)
        self._hands = Hands(self._context, self._wire, self._turns)
        self._part = modes.YourPart()
        self._companions = Companions(self._context, self._wire, self._plan.scheduler, seed)
        self._ready = False
        self._idle_at: float | None = None
        self._chosen = params.program != Params().program  # an instrument was asked for

    # --- what others see
    @property
    def context_size(self) -> int:
        return min(len(self._context), self.params.context)

    @property
    def planned(self) -> int:
        return len(self._plan)

    @property
    def sounding(self) -> int:
        """Notes on the wire without their note-off so far."""
        return len(self._wire.ledger)

    @property
    def serials(self) -> frozenset[int]:
        """Of all notes that sound, those that only takes hear too."""
        return frozenset(note.serial for note in self._wire.ledger.sounding())

    def key(self, now: float) -> str:
        """The scale it keeps to, or else the key you play in; "" where nobody knows."""
        return asking.key_of(self.params, self._context.snapshot(now))

    @property
    def version(self) -> tuple[int, int] | None:
        """Which version of the music since its last beginning sounds, and how many there are."""
        return self._plan.again.version

    @property
    def sync(self) -> Sync:
        """The beat it plays to."""
        return self._plan.tempo.sync(self.params)

    def due(self) -> float | None:
        """When `handle(None, now)` must be called at the latest; None while nothing is due."""
        times = [self._plan.scheduler.due(), self._answer_due(), self._idle_due(), self._ask_at()]
        return min((time for time in times if time is not None), default=None)

    def greeting(self, now: float) -> list[Send]:
        """What an output that has just opened must be told: your pedals, and the instrument.

        The instrument only if one was chosen: a hardware synth keeps the patch its player has
        dialled in.
        """
        self._plan.tempo.begin(now)
        return self._wire.greeting(self.params, now, chosen=self._chosen)

    def farewell(self, now: float) -> list[Send]:
        """What an output must be told before it closes, so that nothing of ours rings on there."""
        return self._wire.farewell(now)

    # --- what happens
    def handle(self, item: Item | None, now: float) -> list[Effect]:
        """Take one item (None: only time has passed) and do all that is due by `now`."""
        plan = self._plan.scheduler.plan
        match item:
            case NoteOn():
                self._hear(self._hands.press(item, now, audible=self.params.thru), item, now)
            case NoteOff():
                self._hands.release(item, now)
            case Other():
                self._hands.control(item, now, audible=self.params.thru)
                self._hand_over(item.data, now)
            case SetParam():
                self._turn(item, now)
            case Strike():
                self._strike(item, now)
            case Transport():
                self._transport(item.action, now)
            case Proposal():
                self._take(item, now)
            case Futures():
                self._plan.again.more(item)
            case Follow() | Beat():
                self._plan.keep_time(item, self.params, now)
        self._advance(now)
        if self._plan.scheduler.plan != plan:
            self._wire.tell_plan(self._plan.scheduler.plan)
        return self._wire.taken()

    def model_ready(self, now: float) -> list[Effect]:
        """The model process answers requests from now on."""
        self._ready = True
        self._plan.again.lost()
        self._companions.forget()
        if self._idle_start is not None and self._idle_at is None:
            self._idle_at = now + self._idle_start
        return self.handle(None, now)

    def model_lost(self, now: float) -> list[Effect]:
        """The model process is gone; what is planned plays out."""
        self._ready = False
        self._plan.again.lost()
        self._companions.forget()
        return self.handle(None, now)

    def lift_keys(self, now: float) -> list[Effect]:
        """Take every key and pedal of yours as released: the keyboard is gone."""
        self._hands.lift(now, audible=self.params.thru)
        return self.handle(None, now)

    def lead_by(self, lead: float, now: float) -> list[Effect]:
        """Give each planned note out `lead` seconds before it is due: the slowest output's latency.

        Where that grows, what is planned is drawn anew: its beginning would be late already.
        """
        scheduler = self._plan.scheduler
        if lead == scheduler.lead:
            return []
        if lead > scheduler.lead:
            self._plan.drop(ALL)
        scheduler.lead = lead
        return self.handle(None, now)

    def finish(self, now: float) -> list[Effect]:
        """Let every note go and reset every channel used, for exit."""
        self._plan.drop(ALL)
        self._let_all_go(now)
        return self._wire.taken()

    # --- your playing
    def _strike(self, strike: Strike, now: float) -> None:
        params = self.params
        serial = self._hands.strike(strike, params.channel, now, audible=params.thru)
        self._plan.scheduler.owe(serial, now + strike.duration)
        self._hear(serial, NoteOn(now, strike.pitch, strike.velocity, params.channel), now)

    def _hear(self, serial: int, key: NoteOn, now: float) -> None:
        """You struck a key. What that changes depends on how it plays with you."""
        self.heard += 1
        self._part.strike(key.at, begins=self.phase is not Phase.LISTENING)
        mode = self.params.mode
        if mode == HARMONISE:
            if self._ready and self.phase not in {Phase.PAUSED, Phase.STOPPED}:
                self._companions.ask(serial, self._steered(now), now)
        elif mode in modes.TAKING_TURNS:
            self._plan.again.forget()
            if self.phase in {Phase.PLAYING, Phase.WAITING, Phase.STOPPED}:
                self._plan.drop(ALL)
                self.promptness.interrupted()
                self.phase = Phase.LISTENING
        elif mode in modes.JOINING:
            self._plan.again.forget()
            if self.phase is Phase.PLAYING:
                self._plan.drop(self._plan.scheduler.heard(now) + modes.REACTION)
            elif self.phase is not Phase.PAUSED:
                self._begin(now)

    def _hand_over(self, data: bytes, now: float) -> None:
        """It is its turn, by your soft pedal, if that is what ends your phrase."""
        by_pedal = self.params.hand_over == PEDAL and modes.is_handed_over(data)
        if by_pedal and self.phase is Phase.LISTENING:
            self._answer(now, now)

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
        self._wire.transpose = after.transpose
        self._plan.tempo.turn(after, now)
        if before.thru != after.thru:
            self._wire.turn_thru(audible=after.thru, now=now)
        if (before.program, before.channel) != (after.program, after.channel):
            self._chosen = True
            self._wire.ledger.touch(after.channel)
            self._wire.send(program_change(after.channel, after.program), now, Source.IMPROV)
        if command.name in modes.AT_ONCE:
            return
        self._plan.drop(self._plan.scheduler.heard(now) + COMMIT)
        if self.phase is Phase.PLAYING:
            self.promptness.turned(now)
        if command.name == "freeze" and not self._plan.freeze(after.freeze, now) and after.freeze:
            self._wire.tell(Notice("there is nothing to loop yet: play something first"))

    def _transport(self, action: Action, now: float) -> None:
        match action:
            case Action.PLAY if self.phase is Phase.LISTENING:
                self._answer(now, now)
            case Action.PLAY:
                self._begin(now)
            case Action.PAUSE | Action.STOP:
                self._wire.do(Hush())
                self._plan.drop(ALL)
                self._companions.forget()
                self.released += self._wire.end_all(Source.IMPROV, now)
                self.phase = Phase.PAUSED if action is Action.PAUSE else Phase.STOPPED
            case Action.NEW:
                self._plan.drop(ALL)
                self._context.clear()
                self._plan.again.forget()
                self._plan.tempo.begin_anew(now)
                self._begin(now)
            case Action.AGAIN:
                self._play_again(now)
            case Action.PANIC:
                self._plan.drop(ALL)
                self._wire.ledger.touch_all()
                self._let_all_go(now)
                self.phase = Phase.STOPPED

    def _let_all_go(self, now: float) -> None:
        self._wire.do(Hush())
        self._hands.forget()
        self._companions.forget()
        self.released += self._wire.silence(now)

    # --- its playing
    def _begin(self, floor: float) -> None:
        """Play from then on, from the opening where nothing has been heard."""
        self._plan.begin(floor, anew=self.phase is not Phase.PLAYING)
        self.phase = Phase.PLAYING

    def _answer(self, end: float, now: float) -> None:
        """Answer your phrase, which ends at `end`."""
        yours = self._part.seconds(self._turns.over_at(now))
        self._plan.answer(end, yours, self.params)
        self.phase = Phase.PLAYING
        self.promptness.answering()

    def _take(self, proposal: Proposal, now: float) -> None:
        if proposal.number >= 0:
            self._plan.take(proposal, self.params, now)
        else:
            self.played += self._companions.take(proposal, self.params, now)

    def _play_again(self, now: float) -> None:
        """Something else, from where what sounds began."""
        if self.version is None or not self._ready:
            self._wire.tell(Notice("there is nothing to play again yet"))
            return
        ask = self._plan.play_again(self._steered(now), now)
        self.phase = Phase.PLAYING
        if ask is not None:
            self._wire.do(ask)

    def _steered(self, now: float) -> Params:
        """The knobs as your playing moves them: your key, your left hand, the room you take."""
        params = asking.in_your_key(self.params, self._context.snapshot(now))
        held = (note.pitch for note in self._wire.ledger.sounding(Source.YOU))
        return modes.as_played_with(params, held, self._part, now)

    def _advance(self, now: float) -> None:
        while ready := self._plan.scheduler.pop_due(now):
            for item in ready:
                if isinstance(item, Start):
                    self._sound(item.note, now)
                else:
                    self._wire.end(item.serial, now, due=item.due)
        self._take_turn(now)
        if self.phase is Phase.PLAYING and self._plan.is_played_out(self.params):
            self.phase = Phase.WAITING
            self._idle_at = None
        ask_at = self._ask_at()
        if ask_at is not None and now >= ask_at:
            self._wire.do(self._plan.ask(self._steered(now), now))

    def _take_turn(self, now: float) -> None:
        """Begin where your phrase has ended, or where nobody plays."""
        answer_at = self._answer_due()
        if answer_at is not None and now >= answer_at:
            end = self._turns.phrase_end(self.params.pause)
            takes_turns = self.params.mode in modes.TAKING_TURNS
            self._answer(end if takes_turns and end is not None else now, now)
        idle_at = self._idle_due()
        if idle_at is not None and now >= idle_at:
            self._begin(now)

    def _sound(self, note: Note, now: float) -> None:
        if self._plan.scheduler.heard(now) - note.start > TOO_LATE:
            self.dropped += 1
            return
        self._wire.make_room(self.params, note, now)
        serial = self._wire.new_serial()
        self.played += 1
        self._plan.sounded(note, now)
        self._context.begin(serial, note, held=False)
        self._wire.start(serial, self.params.channel, note, now, due=note.start, audible=True)
        self._plan.scheduler.owe(serial, note.start + note.duration)

    def _answer_due(self) -> float | None:
        """When to ask for the answer to your phrase, if you do nothing more."""
        if self.phase is not Phase.LISTENING:
            return None
        if self.params.mode not in modes.TAKING_TURNS:
            return float("-inf")  # the mode has changed: it waits for you no longer
        end = self._turns.phrase_end(self.params.pause)
        if end is None or self.params.hand_over != SILENCE:
            return None
        return end - LEAD - self._plan.scheduler.lead

    def _idle_due(self) -> float | None:
        waits = self.phase is Phase.WAITING and self._ready and self.params.mode != HARMONISE
        return self._idle_at if waits else None

    def _ask_at(self) -> float | None:
        """When to ask the model for more, if it is to play by itself."""
        plays = self.phase is Phase.PLAYING and self._ready and self.params.mode != HARMONISE
        return self._plan.ask_at(self.params) if plays else None
