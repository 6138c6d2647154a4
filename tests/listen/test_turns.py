"""When a phrase of yours has ended."""

from improv.listen.turns import HOLD, Turns


def test_nobody_has_played():
    """No phrase, no end."""
    assert Turns().phrase_end(0.5) is None


def test_silence_ends_a_phrase():
    """The pause counts from the last thing you did."""
    turns = Turns()
    turns.onset(1.0, held=1)
    turns.release(1.4, held=0)
    assert turns.phrase_end(0.5) == 1.4 + 0.5


def test_a_held_key_keeps_the_turn_but_not_for_ever():
    """A lost note-off must not silence improv."""
    turns = Turns()
    turns.onset(1.0, held=1)
    assert turns.phrase_end(0.5) == 1.0 + HOLD
