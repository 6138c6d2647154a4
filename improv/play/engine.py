"""The engine: what is heard, asked of the model and sent, as a pure state machine.

Theory of operation. Whatever happens (a key, a command, a proposal, or time passing) comes in
through `handle(item, now)` and leaves as effects: `Send` a message, `Ask` the model, `Tell` the
screen. `due` says when it next wants to be woken. Only one thread ever calls it.

What you play is heard here once, for all voices; what each makes of it is `play.voice`. The first
voice is the knobs themselves, the others are lines of text among them (`play.voices`).
"""

from __future__ import annotations

from improv.errors import UsageError
from improv.listen.context import Context
from improv.listen.evening import Copies
from improv.listen.turns import Turns
from improv.music.event import Event, Note, NoteOff, NoteOn, Other, Source
from improv.play import asking, outlook, voices
from improv.play.asking import COMMIT
from improv.play.effects import Effect, Hush, Item, Send
from improv.play.hands import Hands
from improv.play.harmony import Harmony
from improv.play.learning import Learning
from improv.play.messages import (
    Action,
    Beat,
    Follow,
    Futures,
    Known,
    Level,
    Named,
    Notice,
    Phase,
    Proposal,
    SetParam,
    Strike,
    Sync,
    Transport,
)
from improv.play.params import VOICES, Params
from improv.play.places import Places
from improv.play.planning import ALL
from improv.play.promptness import Promptness
from improv.play.tempo import FOLLOWING, Tempo
from improv.play.voice import Common, Voice
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
            limit: notes its first voice plays in all, whatever the phrase length, and all voices
                end with it; None is no limit.
        """
        self.params = params
        self.serial = 0
        self.seed = seed
        self.heard = self.released = 0
        self._limit = limit
        self._context = Context()
        self._turns = Turns()
        self._tempo = Tempo(params.tempo)
        self._wire = Wire(self._context, params.transpose)
        self._places = Places(self._context)
        self._hands = Hands(self._context, self._wire, self._turns)
        self._harmony = Harmony(params, self._context, self._wire, self._tempo)
        self._learning = Learning(self._context.evening, self._wire)
        common = Common(
            self._context,
            self._wire,
            self._turns,
            self._tempo,
            self._harmony,
            opening,
            seed,
            idle_start,
            limit,
        )
        self._first = Voice(voices.FIRST, common, params)
        self._voices = [self._first]
        for number in VOICES:
            its = voices.of(params, number)
            self._voices.append(Voice(number, common, its or params))
            self._voices[-1].on = its is not None
        self._stands_with_clock = False
        self._planned: tuple[Note, ...] = ()  # as the screen was told

    # --- what others see
    @property
    def phase(self) -> Phase:
        """The first voice's, but for what another plays while that waits."""
        others = {voice.phase for voice in self._voices if voice.on}
        if self._first.phase is Phase.WAITING and Phase.PLAYING in others:
            return Phase.PLAYING
        return self._first.phase

    @property
    def promptness(self) -> Promptness:
        """The first voice's: the others follow the same beginnings."""
        return self._first.promptness

    @property
    def played(self) -> int:
        return sum(voice.played for voice in self._voices)

    @property
    def dropped(self) -> int:
        return sum(voice.dropped for voice in self._voices)

    @property
    def context_size(self) -> int:
        return min(len(self._context), self.params.context)

    @property
    def copies(self) -> Copies:
        return self._context.evening.copies

    @property
    def planned(self) -> int:
        return sum(len(voice.plan) for voice in self._voices)

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
        return self._first.plan.again.version

    @property
    def sync(self) -> Sync:
        """The beat it plays to."""
        return self._tempo.sync(self.params)

    @property
    def chord(self) -> str:
        """The chord in force, "off" where none is."""
        return self._harmony.name

    def due(self) -> float | None:
        """When `handle(None, now)` must be called at the latest; None while nothing is due."""
        times = [voice.due() for voice in self._voices]
        times += [self._harmony.due()] if self._is_awake else []
        if (overdue := self._wire.ledger.due) is not None:
            times.append(overdue - self._first.plan.scheduler.lead)
        return min((time for time in times if time is not None), default=None)

    def greeting(self, now: float) -> list[Send]:
        """What an output that has just opened must be told: your pedals, and the instruments.

        Only those that were chosen: a hardware synth keeps the patch its player has dialled in.
        """
        self._tempo.begin(now)
        said = self._wire.greeting(now, audible=self.params.thru)
        return said + [send for voice in self._voices for send in voice.greeting(now)]

    def farewell(self, now: float) -> list[Send]:
        """What an output must be told before it closes, so that nothing of ours rings on there."""
        return self._wire.farewell(now)

    # --- what happens
    def handle(self, item: Item | None, now: float) -> list[Effect]:
        """Take one item (None: only time has passed) and do all that is due by `now`."""
        match item:
            case NoteOn() | NoteOff() | Other():
                self._listen(item, now)
            case SetParam():
                self._turn(item, now)
            case Strike():
                self._strike(item, now)
            case Transport():
                self._transport(item.action, now)
            case Proposal():
                self._of(item.voice).take(item, now)
            case Futures():
                self._of(item.voice).plan.again.more(item)
            case Named():
                self._harmony.take(item)
            case Known():
                self._learning.take(item)
            case Follow() | Beat():
                self._keep_time(item, now)
        self._learning.look(self.params)
        self._advance(now)
        self._planned = outlook.tell(self._voices, self._planned, self._wire)
        return self._wire.taken()

    def model_ready(self, now: float) -> list[Effect]:
        """The model process answers requests from now on."""
        for voice in self._voices:
            voice.model_ready(now)
        return self.handle(None, now)

    def model_lost(self, now: float) -> list[Effect]:
        """The model process is gone; what is planned plays out."""
        for voice in self._voices:
            voice.model_lost()
        return self.handle(None, now)

    def lift_keys(self, now: float) -> list[Effect]:
        """Take every key and pedal of yours as released: the keyboard is gone."""
        self._hands.lift(now, audible=self.params.thru)
        return self.handle(None, now)

    def lead_by(self, lead: float, now: float) -> list[Effect]:
        """Give each planned note out `lead` seconds before it is due: the slowest output's latency.

        Where that grows, what is planned is drawn anew: its beginning would be late already.
        """
        before = self._first.plan.scheduler.lead
        if lead == before:
            return []
        for voice in self._voices:
            if lead > before:
                voice.plan.drop(ALL)
            voice.plan.scheduler.lead = lead
        return self.handle(None, now)

    def finish(self, now: float) -> list[Effect]:
        """Let every note go and reset every channel used, for exit."""
        self._let_all_go(now)
        self._learning.keep()
        return self._wire.taken()

    # --- your playing
    def _listen(self, event: Event, now: float) -> None:
        """Take what comes in, unless improv itself sent it out."""
        audible = self.params.thru
        match event:
            case _ if self._hands.is_echo(event):
                self._hands.say_it_loops(now)
            case NoteOn():
                self._hear(self._hands.press(event, now, audible=audible), event, now)
            case NoteOff():
                self._hands.release(event, now)
            case Other():
                self._hands.control(event, now, audible=audible)
                for voice in self._on():
                    voice.hand_over(event.data, now)

    def _strike(self, strike: Strike, now: float) -> None:
        serial = self._hands.strike(strike, self.params, now)
        self._first.plan.scheduler.owe(serial, now + strike.duration)
        self._hear(serial, NoteOn(now, strike.pitch, strike.velocity, self.params.channel), now)

    def _hear(self, serial: int, key: NoteOn, now: float) -> None:
        self.heard += 1
        self._harmony.strike(now)
        for voice in self._on():
            voice.hear(serial, key, now)

    # --- commands
    def _turn(self, command: SetParam, now: float) -> None:
        before = self.params
        self.serial = max(self.serial, command.serial)
        try:
            after = before.with_value(command.name, command.value)
            its = [voices.of(after, voice.number) for voice in self._voices]
        except UsageError as error:
            self._wire.tell(Notice(str(error), Level.ERROR))
            return
        self.params = self._harmony.params = after
        self._wire.transpose = after.transpose
        self._tempo.turn(after, now)
        if before.thru != after.thru:
            self._wire.turn_thru(audible=after.thru, now=now)
        for voice, params in zip(self._voices, its, strict=True):
            if voice is self._first and command.name in VOICES.values():
                voice.params = after  # another's, which changes nothing in what it plays
                continue
            joins = params is not None and not voice.on
            voice.turn(command.name, params, now)
            if joins and self._first.phase is Phase.PLAYING:
                voice.begin(now)

    def _transport(self, action: Action, now: float) -> None:
        self._stands_with_clock = False
        match action:
            case Action.PLAY:
                for voice in self._on():
                    voice.play(now)
            case Action.PAUSE | Action.STOP:
                self._wire.do(Hush())
                for voice in self._on():
                    voice.rest(action)
                self.released += self._wire.end_all(Source.IMPROV, now)
            case Action.AGAIN:
                if not [voice for voice in self._on() if voice.play_again(now)]:
                    self._wire.tell(Notice("there is nothing to play again yet"))
            case Action.PANIC:
                self._wire.ledger.touch_all()
                self._let_all_go(now)
                for voice in self._on():
                    voice.rest(Action.STOP)
            case Action.KEEP:
                kept = self._places.keep()
                words = f"kept the last {kept} notes; K goes on from them"
                self._wire.tell(Notice(words if kept else "there is nothing to keep yet"))
            case Action.LESS:
                self._wire.tell(Notice(self._places.mark()))
                self._plan_anew(now)
            case _:
                self._move(action, now)

    def _move(self, action: Action, now: float) -> None:
        """Go on from elsewhere in the music."""
        for voice in self._voices:
            voice.plan.go_elsewhere()
        moved, words = self._places.move(action, now)
        if action is Action.NEW:
            self._tempo.begin_anew(now)
        elif words:
            self._wire.tell(Notice(words))
        begins = moved and action in {Action.NEW, Action.MORE}
        for voice in self._on():
            if begins or voice.phase is Phase.PLAYING:
                voice.begin(now)

    def _let_all_go(self, now: float) -> None:
        for voice in self._voices:
            voice.drop()
        self._wire.do(Hush())
        self._hands.forget()
        self.released += self._wire.silence(now)

    def _keep_time(self, item: Follow | Beat, now: float) -> None:
        """Take word of a beat; what was planned to another is planned anew.

        It stands and goes on with the song of the clock it follows.
        """
        before = self.sync.word
        if self._tempo.take(item, self.params, now):
            self._plan_anew(now)
        after = self.sync.word
        if before in FOLLOWING and after == "stopped" and self.phase is Phase.PLAYING:
            self._transport(Action.PAUSE, now)
            self._stands_with_clock = True
            self._wire.tell(Notice("the clock has stopped, and improv with it; Space plays on"))
        elif after in FOLLOWING and self._stands_with_clock:
            self._transport(Action.PLAY, now)

    def _plan_anew(self, now: float) -> None:
        """Let nothing come that is planned but what can't be changed any more."""
        for voice in self._voices:
            voice.plan.drop(voice.plan.scheduler.heard(now) + COMMIT)

    # --- the voices
    def _on(self) -> list[Voice]:
        return [voice for voice in self._voices if voice.on]

    def _of(self, number: int) -> Voice:
        return self._voices[number - voices.FIRST]

    @property
    def _is_awake(self) -> bool:
        """Whether anybody plays, you or a voice."""
        return any(voice.phase in {Phase.LISTENING, Phase.PLAYING} for voice in self._on())

    def _advance(self, now: float) -> None:
        if not self._is_awake:
            self._harmony.rest(now)
        elif (since := self._harmony.advance(now, self._first.plan.scheduler.lead)) is not None:
            for voice in self._on():
                voice.reharmonise(since)
        for voice in self._voices:
            voice.advance(now)
        self._wire.end_overdue(self._first.plan.scheduler.heard(now), now)
        if self._limit is not None and self._first.played >= self._limit:
            for voice in self._on()[1:]:
                voice.rest(Action.STOP)
