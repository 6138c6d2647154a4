"""Where a sound begins in what was recorded."""

from __future__ import annotations

import numpy as np
import pytest

from improv.ports.recording import Heard, Recording, onset

RATE, PERIOD, SENT = 48_000, 64, 10.0


def recorded(at: float, *, loud: float = 0.3, hum: float = 0.0) -> Heard:
    """From 30 ms before `SENT` to 200 ms after it: hum, and a click that dies away from `at` on."""
    times = SENT - 0.030 + np.arange(int(0.230 * RATE)) / RATE
    since = np.maximum(times - at, 0.0)
    click = (times >= at) * np.exp(-since / 0.02) * np.cos(2 * np.pi * 2_500 * since)
    noise = np.random.default_rng(1).uniform(-1, 1, len(times))
    return Heard(times, (loud * click + hum * noise).astype(np.float32))


@pytest.mark.parametrize("late", [0.0005, 0.012, 0.1])
@pytest.mark.parametrize("hum", [0.0, 0.01])
def test_a_click_is_found_to_the_sample(late: float, hum: float) -> None:
    """Whether it is quiet there or a cable hums."""
    found = onset(recorded(SENT + late, hum=hum), SENT)
    assert found == pytest.approx(SENT + late, abs=2 / RATE)


def test_hum_silence_and_nothing_at_all_are_no_click() -> None:
    """What was there before, however loud, is not taken for it; neither is -70 dB."""
    assert onset(recorded(SENT + 9, hum=0.2), SENT) is None
    assert onset(recorded(SENT + 0.01, loud=0.0003), SENT) is None
    assert onset(recorded(SENT + 0.01, loud=0.1, hum=0.1), SENT) is None
    assert onset(Heard(np.zeros(0), np.zeros(0, np.float32)), SENT) is None


def test_blocks_that_slip_keep_their_own_time() -> None:
    """A block that came 3 ms late holds what came then."""
    heard = recorded(SENT + 0.050)
    slipped = Heard(heard.times + 0.003 * (heard.times > SENT + 0.020), heard.samples)
    assert onset(slipped, SENT) == pytest.approx(SENT + 0.053, abs=2 / RATE)


def test_only_the_last_seconds_are_kept() -> None:
    """A long wait for the first click costs no memory, and blocks keep their own times."""
    recording = Recording(1000)
    for k in range(100):
        recording.add(0.1 * k, np.full(100, k, np.float32).tobytes())
    heard = recording.heard(0.0, 99.0)
    assert len(heard.samples) == 4000
    assert (heard.samples[0], heard.samples[-1]) == (60, 99)
    assert recording.heard(9.75, 9.85).times == pytest.approx(9.8 + np.arange(100) / 1000)
