"""Note-offs find their note-ons."""

from improv.listen.pairing import Pairing
from improv.music.event import NoteOff, NoteOn


def test_an_off_ends_the_note_of_its_key():
    """By channel and pitch."""
    pairing = Pairing()
    assert pairing.press(NoteOn(0.0, 60, 64, 0), 1) is None
    assert pairing.press(NoteOn(0.0, 60, 64, 1), 2) is None
    assert pairing.release(NoteOff(1.0, 60, 1)) == 2
    assert pairing.release(NoteOff(1.0, 60, 0)) == 1
    assert len(pairing) == 0


def test_a_key_struck_twice_ends_the_first_note():
    """Some keyboards send no off between."""
    pairing = Pairing()
    pairing.press(NoteOn(0.0, 60, 64), 1)
    assert pairing.press(NoteOn(0.5, 60, 64), 2) == 1
    assert pairing.release(NoteOff(1.0, 60)) == 2


def test_an_off_without_an_on_means_nothing():
    """A stray release is ignored."""
    assert Pairing().release(NoteOff(1.0, 60)) is None


def test_the_keys_of_one_channel_can_be_taken_as_released():
    """All notes off is said to a channel; those of others stay down."""
    pairing = Pairing()
    pairing.press(NoteOn(0.0, 60, 64, 0), 1)
    pairing.press(NoteOn(0.0, 62, 64, 1), 2)
    assert pairing.forget(1) == [2]
    assert pairing.forget() == [1]
    assert len(pairing) == 0
