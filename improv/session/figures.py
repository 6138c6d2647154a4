"""The figures of the strip and the reports: what the engine and the meter have measured."""

from __future__ import annotations

import time

from improv.play.engine import Engine
from improv.play.timing import Meter
from improv.session.messages import Timing
from improv.session.outgoing import Outgoing


def figures(engine: Engine, meter: Meter, outgoing: Outgoing, elapsed: float) -> Timing:
    """Everything in the units of its name. `elapsed`: seconds since the player began."""
    prompt = engine.promptness
    inference = meter.inference_us.at(0.5, 0.99)
    lateness = meter.lateness.at(0.5, 0.99)
    decided, answer = prompt.decided.at(0.5, 0.99), prompt.answer.at(0.5, 0.99)
    heard = prompt.last_heard
    return Timing(
        inference_us_p50=inference[0],
        inference_us_p99=inference[1],
        lateness_ms_p50=1000 * lateness[0],
        lateness_ms_p99=1000 * lateness[1],
        lateness_ms_max=1000 * meter.lateness.largest,
        sent=meter.sent,
        late=meter.late,
        dropped=engine.dropped + outgoing.boxes.dropped,
        released=engine.released,
        queued=engine.planned,
        priority=outgoing.footing.priority,
        knob_heard_ms=None if heard is None else 1000 * heard,
        knob_heard_ms_p99=1000 * prompt.heard.at(0.99)[0],
        knob_decided_ms_p50=1000 * decided[0],
        knob_decided_ms_p99=1000 * decided[1],
        answer_ms_p50=1000 * answer[0],
        answer_ms_p99=1000 * answer[1],
        drift_ms=1000 * meter.drift(),
        memory=outgoing.footing.memory,
        spin_percent=100 * meter.spun / max(0.001, elapsed),
        cpu_percent=100 * time.process_time() / max(0.001, elapsed),
    )
