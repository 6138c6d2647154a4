"""Several outputs at one due time leave together: nothing comes between their sends."""

from __future__ import annotations

from dataclasses import dataclass, field

from improv.music.event import Source
from improv.play.effects import Send
from improv.play.ledger import note_on
from improv.play.timing import Meter
from improv.session.outgoing import Outgoing

NAMES = ("piano", "synth", "bass")


@dataclass
class Scene:
    """Three outputs on one clock, and everything sent to them in the order of the calls."""

    now: float = 0.0
    sent: list[tuple[float, str, int]] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        self.outgoing = Outgoing((), self.meter, lambda: self.now, lambda output, why: None)
        for name in NAMES:
            self.outgoing.add(Output(name, self))


@dataclass
class Output:
    name: str
    scene: Scene
    is_take: bool = False

    def send(self, message: bytes, at: float, source: Source) -> None:  # Output's
        self.scene.sent.append((self.scene.now, self.name, message[1]))

    def close(self) -> None: ...


def test_a_chord_on_three_outputs_leaves_together() -> None:
    """At its moment, output by output, each output's notes in the order they were given."""
    scene = Scene()
    chords = {1.0: (60, 64, 67), 1.01: (62, 65, 69)}
    for due, pitches in chords.items():  # given ahead, as the engine does
        scene.outgoing.apply(Send(note_on(0, p, 64), due, Source.IMPROV) for p in pitches)
    assert scene.sent == []
    for due in chords:
        scene.now = scene.outgoing.due() or 0.0
        assert scene.now == due
        scene.outgoing.depart()
    assert scene.sent == [
        (due, name, pitch) for due, pitches in chords.items() for name in NAMES for pitch in pitches
    ]
    assert scene.outgoing.due() is None
    assert scene.meter.lateness.largest == 0.0


def test_nothing_is_sent_before_its_moment() -> None:
    """However often it is asked to."""
    scene = Scene()
    scene.outgoing.apply([Send(note_on(0, 60, 64), 1.0, Source.IMPROV)])
    for scene.now in (0.5, 0.9, 0.9999):
        scene.outgoing.depart()
    assert scene.sent == []
