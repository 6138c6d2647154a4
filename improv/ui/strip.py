"""The lines of words: what it is doing at the top; ports, meters and the last notice below."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from improv.music.chord import NONE as NO_CHORD
from improv.play.params import CONTINUE
from improv.session.messages import Level, ModelState, Phase, Status, Timing
from improv.ui.state import State
from improv.ui.typed_piano import TypedPiano

Part = tuple[str, str]  # text, style

PHASES: dict[Phase, Part] = {
    Phase.WAITING: ("○ waiting", "$foreground"),
    Phase.LISTENING: ("◐ listening", "bold $secondary"),
    Phase.PLAYING: ("▶ playing", "bold $primary"),
    Phase.PAUSED: ("‖ paused", "bold $warning"),
    Phase.STOPPED: ("■ stopped", "bold $warning"),
}
LEVELS: dict[Level, Part] = {
    Level.INFO: ("·", "$success"),
    Level.WARNING: ("! warning:", "bold $warning"),
    Level.ERROR: ("✗ error:", "bold $error"),
}
DIM = "$foreground 60%"
PLAIN = "$foreground"
COPY_SHOWN = 4  # notes of a run
METERS_WIDTH = 104  # columns from which the meters are spelt out


def heading(state: State) -> tuple[list[Part], list[Part]]:
    """The left and the right of the top line."""
    left: list[Part] = [(" improv ", "bold $background on $primary"), ("  ", DIM)]
    status = state.status
    if state.player_gone:
        return [*left, ("✗ player stopped", "bold $error")], []
    if status is None:
        return [*left, ("… starting", DIM)], []
    mute = status.model_state is ModelState.DOWN and status.phase is Phase.PLAYING
    phase = ("✗ no model", "bold $error") if mute else PHASES[status.phase]
    left += [phase, *_mode(status), *_version(status), ("   ", DIM), *_model(status)]
    right = [  # where it is narrow the first give way
        *_preset(status),
        *([("key ", DIM), (f"{status.key}  ", PLAIN)] if status.key else []),
        ("seed ", DIM),
        (f"{status.seed}  ", PLAIN),
        ("context ", DIM),
        (f"{status.context}/{status.params.context}  ", PLAIN),
        *_copy(status),
        ("you ", DIM),
        (f"{status.heard}  ", PLAIN),
        ("it ", DIM),
        (f"{status.played} ", PLAIN),
    ]
    return left, right


def _mode(status: Status) -> list[Part]:
    """How it plays with you, where that is not the usual way."""
    mode = status.params.mode
    return [] if mode == CONTINUE else [(f"  {mode}", "$secondary")]


def _preset(status: Status) -> list[Part]:
    """The preset that was recalled last."""
    return [("preset ", DIM), (f"{status.preset}  ", PLAIN)] if status.preset else []


def _copy(status: Status) -> list[Part]:
    """How many of its latest notes repeat what was played, where that is more than a turn.

    And what the model learnt from, where they do.
    """
    run, learnt = status.copies.run, status.copies.by_heart
    played: list[Part] = [("copy ", DIM), (f"{run}  ", PLAIN)] if run >= COPY_SHOWN else []
    return [*played, *([("by heart ", DIM), (f"{learnt}  ", PLAIN)] if learnt else [])]


def _version(status: Status) -> list[Part]:
    """Which version of the music sounds, once another than the first was asked for."""
    if status.version is None or status.version[0] == 1:
        return []
    which, of = status.version
    return [(f"  version {which} of {of}", PLAIN)]


def _model(status: Status) -> list[Part]:
    name = [("model ", DIM), (status.model, PLAIN)]
    match status.model_state:
        case ModelState.READY:
            return [*name, (f"  {status.backend}", DIM)]
        case ModelState.LOADING:
            return [*name, ("  loading…", "$warning")]
        case ModelState.RESTARTING:
            return [*name, ("  ! restarting…", "bold $warning")]
        case ModelState.DOWN:
            return [*name, ("  ✗ down", "bold $error")]


def ports(status: Status) -> list[Part]:
    """Where notes go and come from."""
    return [
        ("out ", DIM),
        (_outputs(status) or "none", PLAIN if status.outputs else "bold $warning"),
        ("   in ", DIM),
        (", ".join(status.inputs) or "none", PLAIN if status.inputs else "bold $warning"),
    ]


def _outputs(status: Status) -> str:
    """Their names, with the ms that notes leave earlier for a slow one."""
    late = dict(status.latency_ms)
    return ", ".join(f"{o} ({late[o]:.3g} ms)" if o in late else o for o in status.outputs)


def beat(status: Status) -> list[Part]:
    """The tempo, the bar and beat, whose they are, and last, so that it stays, the chord in force.

    Nothing where it plays to none.
    """
    sync = status.sync
    if sync.timeline is None:
        return []
    bar, on = sync.timeline.position(status.now, status.params.beats_per_bar)
    warns = sync.word in {"lost", "no clock", "no peers"}
    named = [] if status.chord == NO_CHORD else [("  ", DIM), (f"{status.chord} ", "bold $primary")]
    return [
        (f"{sync.timeline.bpm:.1f} bpm  {bar}.{on}  ", "bold $foreground"),
        (f"{sync.word} ", "bold $warning" if warns else DIM),
        *named,
    ]


def meters(status: Status, width: int) -> list[Part]:
    """p50/p99 of inference, p50/p99/max of lateness, drift, and what has gone wrong so far.

    Where it is narrow the words are short, and what is nothing gives way: first the notes that
    were let go, then the drift.
    """
    t = status.timing
    wide = width >= METERS_WIDTH
    late_ms = (t.lateness_ms_p50, t.lateness_ms_p99, t.lateness_ms_max)
    shown: list[list[Part]] = [
        [("inference " if wide else "inf ", DIM), (_inference(t), PLAIN)],
        [
            ("lateness " if wide else "lag ", DIM),
            ("/".join(map(_ms, late_ms)), PLAIN),
            (" ms", DIM),
        ],
        [("drift ", DIM), (_ms(t.drift_ms), PLAIN), (" ms" if wide else "", DIM)],
        [(f"{t.queued} queued", PLAIN)],
        [(f"{t.late} late", "bold $warning" if t.late else PLAIN)],
        [(f"{t.dropped} {'dropped' if wide else 'lost'}", "bold $error" if t.dropped else PLAIN)],
        [(f"{t.released} {'released' if wide else 'let go'}", PLAIN)],
    ]
    gap = 2 if wide else 1
    if t.released == 0 and _width(shown, gap) > width:
        del shown[6]
    if abs(t.drift_ms) < 1 and _width(shown, gap) > width:
        del shown[2]
    parts = shown[0]
    for more in shown[1:]:
        parts = [*parts, (" " * gap, DIM), *more]
    return parts


def _inference(t: Timing) -> str:
    p50, p99 = t.inference_us_p50, t.inference_us_p99
    if max(p50, p99) < 1000:
        return f"{p50:.0f}/{p99:.0f} µs"
    return f"{_ms(p50 / 1000)}/{_ms(p99 / 1000)} ms"


def _ms(value: float) -> str:
    """Milliseconds in four signs, where that is enough."""
    size = abs(value)
    if size >= 9.95:
        return f"{value:.0f}"
    if size >= 0.995:
        return f"{value:.1f}"
    return f"{round(value, 2) + 0.0:.2f}"  # + 0.0: nothing has no minus


def _width(shown: list[list[Part]], gap: int) -> int:
    return 1 + sum(length(parts) + gap for parts in shown) - gap


class Words(Widget):
    """A widget of one or more lines of words, drawn again only when they change."""

    ALLOW_SELECT = False

    def __init__(self, state: State, name: str) -> None:
        super().__init__(id=name)
        self.state = state
        self._content = Content("")

    def advance(self) -> None:
        content = self.words()
        if content != self._content or content.spans != self._content.spans:
            self._content = content
            self.refresh()

    def on_resize(self) -> None:
        self.advance()

    def render(self) -> Content:
        return self._content

    def words(self) -> Content:
        raise NotImplementedError

    def spread(self, left: list[Part], right: list[Part]) -> Content:
        """Left and right of a line of this width; the right gives way where they meet."""
        room = self.size.width - length(left)
        while right and length(right) + 2 > room:
            right = right[2:]
        gap = " " * max(0, room - length(right))
        return Content.assemble(*left, (gap, DIM), *right)


def length(parts: list[Part]) -> int:
    return sum(len(text) for text, _ in parts)


class Heading(Words):
    def words(self) -> Content:
        return self.spread(*heading(self.state))


class StatusStrip(Words):
    """Ports, the last knob and priority on the first line, meters on the second."""

    def words(self) -> Content:
        status = self.state.status
        if status is None:
            return Content("")
        timing = status.timing
        right: list[Part] = [("priority ", DIM), (f"{timing.priority} ", PLAIN)]
        if timing.knob_heard_ms is not None:  # the last turned knob
            knob: list[Part] = [("heard in ", DIM), (f"{timing.knob_heard_ms:.0f} ms   ", PLAIN)]
            right = knob + right
        right = [("memory ", DIM), (f"{timing.memory}   ", PLAIN), *right]  # gives way first
        right += beat(status)
        return Content("\n").join(
            [
                self.spread([(" ", DIM), *ports(status)], right),
                Content.assemble((" ", DIM), *meters(status, self.size.width)),
            ]
        )


FRESH_S = 60.0
"""Seconds after which the last notice has lost its sign and its colour."""


class Banner(Words):
    """The last notice, or the typed piano's keys while it is on."""

    def __init__(self, state: State, piano: TypedPiano) -> None:
        super().__init__(state, "banner")
        self._piano = piano

    def words(self) -> Content:
        parts: list[Part] = [(" ", DIM)]
        last = self.state.log[-1] if self.state.log else None
        notice = None if last is None else last.notice
        if self._piano.on:
            parts += [
                (" PIANO ", "bold $background on $secondary"),
                (f" C{self._piano.octave}  ", "bold $secondary"),
            ]
            if notice is None or notice.level is Level.INFO:
                parts.append(("a-' play  z x octave  Shift loud  m ends   ", DIM))
        if last is not None and self.state.now - last.at > FRESH_S:
            parts.append((last.notice.text, DIM))
        elif notice is not None:
            mark, style = LEVELS[notice.level]
            parts += [(f"{mark} ", style), (notice.text, PLAIN)]
        return Content.assemble(*parts)
