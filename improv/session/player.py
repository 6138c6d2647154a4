"""The player: owns the ports, the clock, the engine and every sounding note.

One thread (`Player.run`) changes state and sends; everything else puts items into its inbox: the
drivers' callbacks keys, the terminal commands, the model proposals, the rack opened ports. It
imports neither TensorFlow nor Textual nor NumPy, and it outlives the other two processes.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from improv.errors import DeviceError
from improv.play.clock import Chore, Clock, Inbox, monotonic
from improv.play.effects import Ask, AskChord, Effect, Item, Prepare, Tell
from improv.play.engine import Engine
from improv.play.interfaces import Input, Output
from improv.play.timing import Meter
from improv.session import osc, players, rack, realtime, takes
from improv.session.aftermath import Aftermath
from improv.session.conductor import Conductor, Ticked
from improv.session.desk import Answered, Desk, DeskItem
from improv.session.errands import Errands
from improv.session.faults import Faults
from improv.session.figures import figures
from improv.session.journal import About
from improv.session.keeper import ModelGone, ModelKeeper, unheard
from improv.session.messages import (
    Command,
    Goodbye,
    Level,
    ModelFailed,
    ModelReady,
    ModelState,
    Notice,
    PlayerSetup,
    Proposal,
    Quit,
    Reply,
    Report,
    SaveTake,
    SetInputs,
    SetOutputs,
    SetParam,
    Status,
    TerminalGone,
    Transport,
)
from improv.session.outgoing import Outgoing
from improv.session.recorded import RecordedEngine
from improv.session.recorder import Recorder, now_and_here
from improv.session.sending import Sending

STATUS_EVERY, STATUS_TAKES = 0.1, 0.003  # seconds


Mine = (Item | SetOutputs | SetInputs | SaveTake | Quit | Reply | ModelGone | rack.RackItem
        | TerminalGone)  # fmt: skip
"""What is left when the desk has passed it on."""
Incoming = Mine | Command | DeskItem | Ticked


class Player:
    """The loop and what it holds. Everything runs on the thread that calls `run`."""

    def __init__(
        self,
        setup: PlayerSetup,
        inbox: Inbox[Incoming],
        keeper: ModelKeeper,
        report: Callable[[Report], None],
    ) -> None:
        self._setup = setup
        self._inbox = inbox
        self._report = report
        self._clock: Clock = monotonic
        about = About(
            setup.params, setup.seed, setup.opening, setup.idle_start, began=now_and_here()
        )
        self._recorder = Recorder(about, takes.folder(), inbox.put)
        self._engine: Engine = RecordedEngine(about, self._recorder.note)
        sending = Sending(setup.sending)
        self._rack = rack.Rack(setup, inbox.put, inbox.put, sending)
        self._keeper = keeper  # has begun to start the model
        self._errands = Errands(inbox.put)
        self._desk, self._faults = Desk(self._errands.do), Faults()
        self._meter = Meter(keep_log=setup.keep_lateness)
        self._began = self._clock()
        self._outgoing = Outgoing(setup.latency_ms, self._meter, self._clock, self._lose, sending)
        self._outgoing.remember(setup.unheard)
        self._aftermath = Aftermath(setup.hanging, sending)
        self._outputs = self._outgoing.outputs
        self._conductor = Conductor(setup, inbox.put, self._outgoing, self._clock, self._lose)
        self._inputs: dict[str, Input] = {}
        # last chosen, None until then: a port that opens after it was closed again goes
        self._wanted_outputs: tuple[str, ...] | None = None
        self._wanted_inputs: tuple[str, ...] | None = None
        self._choices = rack.PortChoices((), ())
        self._model, self._model_state = ModelReady(setup.model.model, ""), ModelState.LOADING
        self._started_up, self._said = False, ""
        self._lost: set[str] = set()  # ports that have gone and not returned
        self._reason: str | None = None  # why it ends, once it does
        self._exit_code = 0

    def run(self) -> int:
        """Play until told to stop; the exit code. A fault of our own ends in silence too."""
        try:
            self._play()
        except DeviceError as error:  # what was asked for can't be had
            self._reason, self._exit_code = str(error), error.exit_code
            self._notice(self._reason, Level.ERROR)
        except Exception:  # noqa: BLE001  # whatever it is, no note may be left to ring
            traceback.print_exc()
            self._reason, self._exit_code = "improv has a fault; `improv doctor` names its log", 1
            self._notice(self._reason, Level.ERROR)
        return self._finish()

    def _play(self) -> None:
        self._recorder.start()
        self._engine.greeting(self._clock())  # the take's own
        self._rack.start()
        patient = self._aftermath.follows or self._setup.patient
        self._rack.open_at_start(self._setup.outputs, self._setup.inputs, patient=patient)
        if self._setup.metronome is not None:
            self._rack.open_output(self._setup.metronome)
        self._errands.start()
        others = osc.opened(self._setup.osc, self._setup.osc_out, self._inbox.put)
        self._report = others.beside(self._report)
        self._desk.open(others)
        self._outgoing.footing = realtime.ask()
        realtime.freeze()
        end = None if (s := self._setup.seconds) is None else self._clock() + s
        look = Chore(STATUS_EVERY, STATUS_TAKES, self._clock())
        while self._reason is None:
            due = (self._engine.due(), self._outgoing.due(), self._conductor.due(self._engine))
            deadlines = (*due, self._desk.due(), look.at, end)
            item = self._inbox.get_until(min(t for t in deadlines if t is not None))
            self._outgoing.depart()  # before all else: what woke it may be a note's moment
            now = self._clock()
            passed = self._desk.pass_on(item, self._engine, now)
            for each in self._conductor.pass_on(passed, self._engine, self._inputs, now):
                self._take(each, now)
            if isinstance(item, (SetParam, Transport, Answered)):
                self._report(self._status(self._clock()))
            self._outgoing.depart()
            # As far ahead as the slowest output needs; not while effects are still applied.
            lead = self._outgoing.boxes.lead + realtime.AHEAD
            self._apply(self._engine.lead_by(lead, self._clock()))
            if look.is_time(now, *due[1:], self._engine.due()):
                self._aftermath.again(self._outputs.values(), now, sounding=self._engine.sounding)
                self._say_faults()
                self._report(self._status(now))
                self._keeper.look(now)
                realtime.tidy()
            if end is not None and now >= end:
                self._reason = "time is up"

    def _finish(self) -> int:
        self._apply(self._engine.finish(self._clock()))
        self._keeper.close()
        self._say_faults()
        clicks = self._conductor.close()
        for port in (*self._inputs.values(), *self._outputs.values(), *clicks):
            self._rack.close(port)
        self._rack.finish(timeout=5.0)
        self._errands.close(timeout=1.0)
        self._desk.close()
        self._recorder.close(timeout=4.0)
        # What a port refused while it closed (a take that could not be written) is still said.
        while (item := self._inbox.get_until(self._clock())) is not None:
            if isinstance(item, Notice):
                self._notice(item.text, item.level)
            if isinstance(item, rack.PortRefused):
                self._notice(str(item.error), Level.ERROR)
                self._exit_code = self._exit_code or item.error.exit_code
        status, take = self._status(self._clock()), str(self._recorder.take or "")
        hung, lateness = self._engine.sounding, tuple(self._meter.log or ())
        self._report(Goodbye(status, hung, self._reason or "", self._exit_code, lateness, take))
        return self._exit_code

    # --- what comes in ---------------------------------------------------------------------

    def _take(self, item: Mine | None, now: float) -> None:
        match item:
            case _ if item is None or isinstance(item, Item):
                if isinstance(item, Transport):
                    self._keeper.wake(item.action)
                for took in item.inference_us if isinstance(item, Proposal) else ():
                    self._meter.inference_us.add(took)
                self._apply(self._engine.handle(item, now))
                if isinstance(item, SetParam):
                    self._cast()
            case SetOutputs():
                self._rack.take_back(item.specs)
                self._set_outputs(item.specs)
            case SetInputs():
                self._set_inputs(item.specs)
            case SaveTake():
                self._recorder.save()
            case Quit():
                self._reason = "quit"
            case TerminalGone():
                if not self._setup.keep_playing:
                    self._reason = "the terminal is gone"
            case ModelReady() | ModelFailed() | ModelGone():
                self._take_model(item, now)
            case _:
                self._take_port(item)

    def _take_model(self, item: ModelReady | ModelFailed | ModelGone, now: float) -> None:
        match item:
            case ModelReady():
                again = self._model_state in {ModelState.RESTARTING, ModelState.DOWN}
                self._model, self._model_state = item, ModelState.READY
                realtime.follow(self._outgoing.footing)
                self._recorder.know(model=item.name, digest=item.digest, backend=item.backend)
                if again:
                    self._notice(f"the model {item.name} is back")
                for words in unheard(item, self._engine.params):
                    self._notice(words, Level.WARNING)
                self._apply(self._engine.model_ready(now))
            case ModelFailed():
                self._notice(item.text, Level.ERROR)
                self._reason, self._exit_code = item.text, item.exit_code
            case ModelGone():
                self._model_state = item.state
                self._notice(item.notice.text, item.notice.level)
                self._apply(self._engine.model_lost(now))

    def _take_port(self, item: rack.RackItem) -> None:
        match item:
            case Notice():
                self._notice(item.text, item.level)
            case rack.OutputOpened(output=output):
                self._take_output(output)
            case rack.InputOpened(input=opened):
                self._take_input(opened)
            case rack.InputClosed():  # no release will come for its keys that are down
                self._apply(self._engine.lift_keys(self._clock()))
            case rack.PortLost(port=port):
                self._lose(port, f"lost {port.name}; it is opened again when it returns")
            case rack.ListenersMoved(output=output, moved=moved):
                self._outgoing.move(output, moved)
            case rack.PortRefused(error=error, wanted=wanted):
                self._notice(str(error), Level.ERROR if wanted else Level.WARNING)
                if wanted and not self._started_up:
                    self._reason, self._exit_code = str(error), error.exit_code
            case rack.PortChoices():
                self._choices = item
            case rack.StartedUp():
                self._started_up = True
                self._cast()
                realtime.follow(self._outgoing.footing)
                self._say_where()

    def _take_output(self, output: Output) -> None:
        if self._conductor.is_click(output, self._wanted_outputs or self._setup.outputs):
            return
        if self._wanted_outputs is not None and output.name not in self._wanted_outputs:
            self._rack.close(output)
            return
        self._outgoing.add(output)
        self._aftermath.release(output, self._clock())
        missed = self._outgoing.let_go(output.name, self._engine.farewell(self._clock()))
        self._say_where()
        self._say_if_back(output.name, missed)
        self._recorder.explain(output)
        self._outgoing.tell(output.name, self._engine.greeting(self._clock()))

    def _take_input(self, opened: Input) -> None:
        if self._wanted_inputs is not None and opened.name not in self._wanted_inputs:
            self._rack.close(opened)
            return
        self._inputs[opened.name] = opened
        realtime.follow(self._outgoing.footing)
        self._say_where()
        self._say_if_back(opened.name)

    def _lose(self, port: Input | Output, words: str) -> None:
        ports: dict[str, Any]
        for ports in (self._outputs, self._inputs, self._conductor.click.outputs):
            if ports.get(port.name) is port:
                if ports is self._outputs:
                    self._outgoing.lose(port.name)
                else:
                    del ports[port.name]
                self._lost.add(port.name)
                self._notice(words, Level.WARNING)
                self._rack.lose(port)
                if ports is self._inputs:  # no release will come for the keys that are down
                    self._apply(self._engine.lift_keys(self._clock()))

    def _say_if_back(self, name: str, missed: int = 0) -> None:
        if name in self._lost:
            self._lost.discard(name)
            self._notice(f"{name} is back")
            if missed:
                self._notice(f"{name} missed {missed} notes while it was gone", Level.WARNING)

    def _say_where(self) -> None:
        """What a musician must know to be heard, in one line; once the start is over."""
        if not self._started_up:
            return
        inputs = ", ".join(self._inputs) or "the typed piano only"
        outputs = ", ".join(self._outputs) or "nowhere"
        self._notice(f"listening on {inputs}; playing to {outputs}")

    def _cast(self) -> None:
        """Have the outputs open that a voice has for itself, and no longer those it had."""
        before = self._outgoing.casting.outputs
        for words in self._outgoing.casting.cast(self._engine.params):
            self._notice(words, Level.WARNING)
        if self._outgoing.casting.outputs != before:
            chosen = self._wanted_outputs or self._setup.outputs or (*self._outputs,)
            self._set_outputs(tuple(spec for spec in chosen if spec not in before))

    def _set_outputs(self, specs: tuple[str, ...]) -> None:
        specs = tuple(dict.fromkeys((*specs, *self._outgoing.casting.outputs)))
        self._wanted_outputs = specs
        self._rack.forget_lost("output", keep=specs)
        for name in set(self._outputs) - set(specs):
            farewell = self._engine.farewell(self._clock())
            self._rack.close(self._outgoing.part(name, farewell))
        self._say_where()
        for spec in specs:
            if spec not in self._outputs:
                self._rack.open_output(spec)

    def _set_inputs(self, specs: tuple[str, ...]) -> None:
        self._wanted_inputs = specs
        self._rack.forget_lost("input", keep=specs)
        for name in set(self._inputs) - set(specs):
            self._rack.close(self._inputs.pop(name))
        self._say_where()
        for spec in specs:
            if spec not in self._inputs:
                self._rack.open_input(spec)

    # --- what goes out ---------------------------------------------------------------------

    def _apply(self, effects: list[Effect]) -> None:
        """Sound first, then questions, words last: notes due together leave together."""
        self._outgoing.apply(effects)
        for effect in effects:
            if isinstance(effect, Ask | AskChord | Prepare):
                self._keeper.ask(effect.request)
        for work in players.errands(effects):
            self._errands.do(work)
        for effect in effects:
            if isinstance(effect, Tell):
                self._report(effect.report)

    def _say_faults(self) -> None:
        for words in self._faults.look(self._inputs.values(), self._outputs.values()):
            self._notice(words, Level.WARNING)

    def _notice(self, text: str, level: Level = Level.INFO) -> None:
        if text != self._said:  # without a MIDI system input and output fail in the same words
            self._report(Notice(text, level))
        self._said = text

    def _status(self, now: float) -> Status:
        engine = self._engine
        return Status(
            now=now,
            phase=engine.phase,
            params=engine.params,
            serial=engine.serial,
            outputs=tuple(self._outputs),
            inputs=tuple(self._inputs),
            output_choices=self._choices.outputs,
            input_choices=self._choices.inputs,
            model=self._model.name,
            model_state=self._model_state,
            backend=self._model.backend,
            seed=engine.seed,
            context=engine.context_size,
            played=engine.played,
            heard=engine.heard,
            timing=figures(engine, self._meter, self._outgoing, now - self._began),
            inert=self._model.inert,
            sounding=engine.serials,
            faults=self._faults.by_port,
            device_why=self._model.device_why,
            key=engine.key(now),
            version=engine.version,
            latency_ms=self._outgoing.boxes.latency_ms,
            undo=self._desk.undo_steps,
            preset=self._desk.preset,
            side=self._desk.side,
            learning=self._desk.learning,
            controls=self._desk.standing(engine.params),
            sync=engine.sync,
            chord=engine.chord,
            copies=engine.copies,
            take=self._recorder.standing(now),
            plugged=self._rack.plugged,
            unheard=self._outgoing.unheard,
        )
