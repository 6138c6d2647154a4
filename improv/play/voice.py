"""A voice: what it plans and plays, and whose turn it is as it sees it.

    WAITING --you play--> LISTENING --your phrase ends--> PLAYING --phrase played out--> WAITING
       |                      ^                               |
       +--nobody plays--> PLAYING <-------- you play ---------+

All voices hear the same and go on from one context; each plays with you in its own mode. When you
play, all that is planned and has not sounded is dropped and a proposal still under way becomes
stale by its number; what sounds ends when it was going to. A turned knob drops the plan beyond
`COMMIT` seconds and asks again, so it is heard in the very next note. Notes are numbered from the
start and a dropped note gives its number back: the same number draws with the same random
numbers, so a plan bends under a knob instead of jumping.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from improv.listen.context import Context
from improv.listen.turns import Turns
from improv.music.chord import NONE as NO_CHORD
from improv.music.event import Note, NoteOn, Source
from improv.music.timeline import NEAR
from improv.play import asking, modes
from improv.play.asking import COMMIT, LEAD
from improv.play.companions import Companions
from improv.play.comping import Comping
from improv.play.effects import Send
from improv.play.harmony import Harmony
from improv.play.ledger import instrument
from improv.play.messages import Action, Notice, Phase, Proposal
from improv.play.params import CHORDS, HARMONISE, PEDAL, SILENCE, Params
from improv.play.planning import ALL, Plan
from improv.play.promptness import Promptness
from improv.play.scheduler import TOO_LATE, Start
from improv.play.tempo import Tempo
from improv.play.voices import FIRST
from improv.play.wire import Wire

APART = 0x2545F4914F6CDD1D  # by which voices' seeds are apart, so that no two draw alike


@dataclass(frozen=True, slots=True)
class Common:
    """What all voices share: what has sounded, the way out, your phrases and the beat."""

    context: Context
    wire: Wire
    turns: Turns
    tempo: Tempo
    harmony: Harmony
    opening: tuple[Note, ...]
    seed: int
    idle_start: float | None
    limit: int | None


class Voice:
    """One voice; off it plays nothing, and still ends what it began. `params` are its own."""

    def __init__(self, number: int, common: Common, params: Params) -> None:
        self.number = number
        self.params = params
        self.on = number == FIRST
        self.phase = Phase.WAITING
        self.played = self.dropped = 0
        self.promptness = Promptness()
        self._wire = common.wire
        self._context = common.context
        self._turns = common.turns
        self._idle_start = common.idle_start
        seed = (common.seed + APART * (number - FIRST)) % 2**63
        self.plan = Plan(
            common.context,
            common.opening,
            self.promptness,
            seed,
            common.limit,
            common.tempo,
            number,
        )
        self._part = modes.YourPart()
        self._companions = Companions(common.context, common.wire, seed, number)
        self._harmony = common.harmony
        self._comping = Comping(common.harmony, common.wire, self.plan.scheduler, seed, number)
        self._ready = False
        self._idle_at: float | None = None
        # whether an instrument was asked for
        self._chosen = _instrument_of(params)[1:] != _instrument_of(Params())[1:]

    def due(self) -> float | None:
        """When `advance` must be called at the latest; None while nothing is due."""
        times = [self.plan.scheduler.due()]
        if self.on:
            times += [self._answer_due(), self._idle_due(), self._ask_at()]
            times += [self._comping.due()] if self._comps else []
        return min((time for time in times if time is not None), default=None)

    def planned(self) -> tuple[Note, ...]:
        """All it is going to play, in order."""
        if self._comps:
            return tuple(self._comping.planned(self.params))
        return self.plan.scheduler.plan

    def greeting(self, now: float) -> list[Send]:
        """What an output is told of this voice: its instrument, if one was chosen."""
        if not self.on:
            return []
        self._wire.ledger.touch(self.params.channel)
        if not self._chosen:
            return []
        said = self._instrument()
        return [Send(message, now, Source.IMPROV, voice=self.number) for message in said]

    # --- the model

    def model_ready(self, now: float) -> None:
        """It answers from now on."""
        self._ready = True
        self.plan.again.lost()
        self._companions.forget()
        if self._idle_start is not None and self._idle_at is None:
            self._idle_at = now + self._idle_start

    def model_lost(self) -> None:
        self._ready = False
        self.plan.again.lost()
        self._companions.forget()

    def take(self, proposal: Proposal, now: float) -> None:
        """Plan what was proposed, or sound it with your note."""
        if proposal.number >= 0:
            self.plan.take(proposal, self.params, now)
        else:
            self.played += self._companions.take(proposal, self.params, now)

    # --- your playing

    def hear(self, serial: int, key: NoteOn, now: float) -> None:
        """You struck a key. What that changes depends on how it plays with you."""
        self._part.strike(key.at, begins=self.phase is not Phase.LISTENING)
        mode = self.params.mode
        if mode == HARMONISE:
            if self._ready and self.phase not in {Phase.PAUSED, Phase.STOPPED}:
                self._companions.ask(serial, self._steered(now), now)
        elif mode == CHORDS:
            if self.phase in {Phase.WAITING, Phase.STOPPED}:
                self.begin(now)
        elif mode in modes.TAKING_TURNS:
            self.plan.again.forget()
            if self.phase in {Phase.PLAYING, Phase.WAITING, Phase.STOPPED}:
                self.plan.drop(ALL)
                self.promptness.interrupted()
                self.phase = Phase.LISTENING
        elif mode in modes.JOINING:
            self.plan.again.forget()
            if self.phase is Phase.PLAYING:
                self.plan.bend(now)
            elif self.phase is not Phase.PAUSED:
                self.begin(now)

    def hand_over(self, data: bytes, now: float) -> None:
        """It is its turn, by your soft pedal, if that is what ends your phrase."""
        by_pedal = self.params.hand_over == PEDAL and modes.is_handed_over(data)
        if by_pedal and self.phase is Phase.LISTENING:
            self._answer(now, now)

    # --- commands

    def turn(self, name: str, params: Params | None, now: float) -> None:
        """A knob was turned, and these are the voice's now; None where it is off."""
        if params is None:
            self._leave(now)
            return
        before, self.params = self.params, params
        if not self.on:
            self._join(now)
            return
        if before.mode == CHORDS != params.mode:
            self._comping.drop()
        if self.number != FIRST and params == before:
            return  # it has that otherwise
        if _instrument_of(before) != _instrument_of(params):
            self._choose_instrument(now)
        if name in modes.AT_ONCE:
            return
        self.plan.drop(self.plan.scheduler.heard(now) + COMMIT)
        if self.phase is Phase.PLAYING:
            self.promptness.turned(now)
        if name == "freeze" and not self.plan.freeze(params.freeze, now) and params.freeze:
            self._wire.tell(Notice("there is nothing to loop yet: play something first"))

    def play(self, now: float) -> None:
        """Its turn: to answer where you play, else to go on."""
        if self.phase is Phase.LISTENING:
            self._answer(now, now)
        else:
            self.begin(now)

    def begin(self, floor: float) -> None:
        """Play from then on, from the opening where nothing has been heard."""
        self.plan.begin(floor, anew=self.phase is not Phase.PLAYING)
        self.phase = Phase.PLAYING

    def drop(self) -> None:
        """Let nothing come that is planned or asked for."""
        self.plan.drop(ALL)
        self._companions.forget()
        self._comping.drop()

    def rest(self, action: Action) -> None:
        """Play nothing more: paused or stopped."""
        self.drop()
        self.phase = Phase.PAUSED if action is Action.PAUSE else Phase.STOPPED

    def reharmonise(self, since: float) -> None:
        """Another chord is in force from then on: what was planned to the old one is no good."""
        leans = self.params.lean > 0.0 and self.params.chord == NO_CHORD
        if leans and self.phase is Phase.PLAYING:
            self.plan.drop(since - NEAR)

    def play_again(self, now: float) -> bool:
        """Something else, from where what sounds began; whether there is such a place."""
        if self.plan.again.version is None or not self._ready:
            return False
        ask = self.plan.play_again(self._steered(now), now)
        self.phase = Phase.PLAYING
        if ask is not None:
            self._wire.do(ask)
        return True

    def _join(self, now: float) -> None:
        """It was off; it begins where the next phrase does, or at once where others play."""
        self.on = True
        self._choose_instrument(now)

    def _leave(self, now: float) -> None:
        if self.on and self.number != FIRST:
            self.rest(Action.STOP)
            self._wire.end_all(Source.IMPROV, now, self.number)
            self.phase = Phase.WAITING
            self.on = False

    def _choose_instrument(self, now: float) -> None:
        self._chosen = True
        self._wire.ledger.touch(self.params.channel)
        for message in self._instrument():
            self._wire.send(message, now, Source.IMPROV, voice=self.number)

    def _instrument(self) -> list[bytes]:
        return instrument(self.params.channel, self.params.bank, self.params.program)

    # --- its playing

    def advance(self, now: float) -> None:
        """Do all that is due by now."""
        while ready := self.plan.scheduler.pop_due(now):
            for item in ready:
                if isinstance(item, Start):
                    self._sound(item.note, now)
                else:
                    self._wire.end(item.serial, now, due=item.due)
        if not self.on:
            return
        self._take_turn(now)
        if self._comps:
            self._comp(now)
        if self.phase is Phase.PLAYING and self.plan.is_played_out(self.params):
            self.phase = Phase.WAITING
            self._idle_at = None
        ask_at = self._ask_at()
        if ask_at is not None and now >= ask_at:
            self._wire.do(self.plan.ask(self._steered(now), now))
        if self.params.mode == HARMONISE and self._ready:
            self._companions.prepare(self.params, now)

    @property
    def _comps(self) -> bool:
        """Whether it plays chords now."""
        return self.params.mode == CHORDS and self.phase is Phase.PLAYING

    def _comp(self, now: float) -> None:
        struck, late = self._comping.advance(self.params, now)
        self.played += struck
        self.dropped += late
        if self._comping.is_over:
            self._comping.drop()
            self.phase = Phase.WAITING

    def _answer(self, end: float, now: float) -> None:
        """Answer your phrase, which ends at `end`."""
        yours = self._part.seconds(self._turns.over_at(now))
        self.plan.answer(end, yours, self.params)
        self.phase = Phase.PLAYING
        self.promptness.answering()

    def _steered(self, now: float) -> Params:
        """The knobs as the music moves them: your key, the chord in force, the room you take."""
        params = asking.in_your_key(self.params, self._context.snapshot(now))
        if params.chord == NO_CHORD:
            params = replace(params, chord=self._harmony.name)
        held = (note.pitch for note in self._wire.ledger.sounding(Source.YOU))
        return modes.as_played_with(params, held, self._part, now)

    def _take_turn(self, now: float) -> None:
        """Begin where your phrase has ended, or where nobody plays."""
        answer_at = self._answer_due()
        if answer_at is not None and now >= answer_at:
            end = self._turns.phrase_end(self.params.pause)
            takes_turns = self.params.mode in modes.TAKING_TURNS
            self._answer(end if takes_turns and end is not None else now, now)
        idle_at = self._idle_due()
        if idle_at is not None and now >= idle_at:
            self.begin(now)

    def _sound(self, note: Note, now: float) -> None:
        if self.plan.scheduler.heard(now) - note.start > TOO_LATE:
            self.dropped += 1
            return
        self._wire.make_room(self.params, note, now, self.number)
        serial = self._wire.new_serial()
        self.played += 1
        self.plan.sounded(note, now)
        self._context.begin(serial, note, held=False)
        self._wire.start(
            serial, self.params.channel, note, now,
            due=note.start, audible=True, voice=self.number, longest=self.params.longest,
        )  # fmt: skip
        self.plan.scheduler.owe(serial, note.start + note.duration)

    def _answer_due(self) -> float | None:
        """When to ask for the answer to your phrase, if you do nothing more."""
        if self.phase is not Phase.LISTENING:
            return None
        if self.params.mode not in modes.TAKING_TURNS:
            return float("-inf")  # the mode has changed: it waits for you no longer
        end = self._turns.phrase_end(self.params.pause)
        if end is None or self.params.hand_over != SILENCE:
            return None
        return end - LEAD - self.plan.scheduler.lead

    def _idle_due(self) -> float | None:
        waits = self.phase is Phase.WAITING and self._ready and self.params.mode != HARMONISE
        return self._idle_at if waits else None

    def _ask_at(self) -> float | None:
        """When to ask the model for more, if it is to play by itself."""
        plays = self.phase is Phase.PLAYING and self._ready
        plays = plays and self.params.mode not in {HARMONISE, CHORDS}
        return self.plan.ask_at(self.params) if plays else None


def _instrument_of(params: Params) -> tuple[int, int, int]:
    return params.channel, params.bank, params.program
