"""Letting a take happen again: the same engine, on the times that are written down.

Again as it was: each step is done at the very time it was done, and each proposal comes when it
came. The model draws them anew, which shows that it still is that model; where a processor rounds
otherwise, what was played is what is written.

What would have been: all that you played and turned, but with other parameters or another model.
The proposals of then answer questions that are not asked any more, so the model draws as it is
asked, on the virtual clock of `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from improv.play.effects import Ask
from improv.play.interfaces import Improviser
from improv.play.messages import Futures, Known, Named, Proposal, Request, SetParam
from improv.play.params import Params, Value
from improv.session.journal import About, Session, Step
from improv.session.recorded import RecordedEngine, act
from improv.session.render import Names, Players, Stage, nameless, strangers
from improv.session.thinking import answer

WAITING = 256
"""Requests that may still be answered."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened this time; of the proposals how many the model drew as it did then."""

    about: About
    steps: tuple[Step, ...]
    proposals: int = 0
    same: int = 0


def again(session: Session, improviser: Improviser | None, progress: Progress) -> Replay:
    """As it was. Without an improviser nothing is drawn anew."""
    steps: list[Step] = []
    engine = RecordedEngine(session.about, steps.append)
    asked: dict[tuple[int, int], Request] = {}  # by voice and number
    proposals = same = 0
    for done, step in enumerate(session.steps):
        if isinstance(step.item, Proposal) and improviser is not None:
            request = asked.pop((step.item.voice, step.item.number), None)
            proposals += 1
            same += request is not None and draws(improviser, request, step.item)
        for effect in act(engine, step):
            if isinstance(effect, Ask):
                asked[effect.request.voice, effect.request.number] = effect.request
        for passed in [*asked][:-WAITING]:  # nobody will answer it: its plan was dropped
            del asked[passed]
        progress(done + 1)
    return Replay(session.about, tuple(steps), proposals, same)


def draws(improviser: Improviser, request: Request, proposal: Proposal) -> bool:
    """Whether the model answers this request with these notes."""
    return answer(improviser, request).notes == proposal.notes


def otherwise(
    session: Session,
    improviser: Improviser,
    changed: Mapping[str, Value],
    progress: Progress,
    names: Names = nameless,
    players: Players = strangers,
) -> Replay:
    """As it would have been with these parameters, whatever they were turned to.

    `players`: who another player is; of those who played the take knows.
    """
    about = replace(
        session.about,
        params=with_values(session.about.params, changed),
        model=improviser.name,
        backend=improviser.backend,
    )
    steps: list[Step] = []
    others = players if "player" in changed else _as_known(session.steps)
    stage = Stage(RecordedEngine(about, steps.append), improviser, names=names, players=others)
    for done, step in enumerate(session.steps):
        progress(done + 1)
        if _is_yours(step, changed):
            stage.run_until(max(stage.now, step.now))
            stage.do(act(stage.engine, step))
    if session.steps and session.steps[-1].call != "finish":  # composed, or cut off
        stage.run_until(max(stage.now, session.steps[-1].now))
        while about.limit is not None and (due := stage.engine.due()) is not None:
            stage.run_until(due)
    return Replay(about, tuple(steps))


def _as_known(steps: Iterable[Step]) -> Players:
    """What was known of each player then."""
    known = {step.item.player: step.item for step in steps if isinstance(step.item, Known)}
    return lambda player: known.get(player, strangers(player))


def with_values(params: Params, changed: Mapping[str, Value]) -> Params:
    """All at once: low and high go together. Raises UsageError."""
    for name in changed.keys() - set(Params.__dataclass_fields__):
        params.with_value(name, changed[name])  # which says what there is
    return replace(params, **dict(changed))  # type: ignore[arg-type]  # checked when it is made


def _is_yours(step: Step, changed: Iterable[str]) -> bool:
    """Whether a step is no work of the engine's own, and turns none of these knobs."""
    match step.call, step.item:
        case "handle", None | Proposal() | Futures() | Named() | Known():
            return False
        case _, SetParam(name=name):
            return name not in changed
    return True


Progress = Callable[[int], None]
"""Told how many steps are done."""
