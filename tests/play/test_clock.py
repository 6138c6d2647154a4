"""When the loop does what is not music."""

from __future__ import annotations

from improv.play.clock import Chore


def test_a_chore_waits_for_a_note_that_is_near() -> None:
    """It takes up to 3 ms, so nothing that is due within them finds it at work."""
    chore = Chore(every=0.1, spare=0.003, now=10.0)
    assert not chore.is_time(9.9, None)
    assert not chore.is_time(10.0, 10.002, None)
    assert chore.at == 10.002  # looked at again when that note has left
    assert chore.is_time(10.002, 10.010)
    assert chore.at == 10.102


def test_a_chore_is_done_however_dense_the_music() -> None:
    """After waiting for a whole turn it waits no more."""
    chore = Chore(every=0.1, spare=0.003, now=10.0)
    now = 10.0
    while not chore.is_time(now, now + 0.002):
        now = chore.at
    assert 10.1 <= now < 10.103


def test_a_chore_does_not_wait_for_what_is_overdue() -> None:
    """A deadline that has passed is nothing to wait for."""
    chore = Chore(every=0.1, spare=0.003, now=10.0)
    assert chore.is_time(10.0, 9.0)
