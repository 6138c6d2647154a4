"""The line of ports at the bottom."""

from dataclasses import replace

from improv.ui.strip import ports


def test_a_slow_output_shows_how_much_earlier_its_notes_leave(status):
    """Only where there is a latency: nothing is said of the others."""
    told = replace(status(), latency_ms=(("fluidsynth", 23.456),))
    words = "".join(text for text, _ in ports(told))
    assert words.startswith("out virtual:improv, fluidsynth (23.5 ms)   in ")
