"""Messages come out of a pipe as they went in, and nobody blocks."""

import os
import threading

from improv.session import link
from improv.session.messages import Notice


def test_messages_come_out_whole_and_in_order():
    """Then None, once, when the other end is closed."""
    inward, outward = os.pipe()
    got, done = [], threading.Event()

    def handle(message):
        got.append(message)
        if message is None:
            done.set()

    link.Reader(inward, handle, "test").start()
    writer = link.Writer(outward, "test")
    for n in range(100):
        writer.post(Notice(f"{n}" * n))
    writer.start()
    writer.close()
    os.close(outward)
    assert done.wait(5)
    assert got == [*(Notice(f"{n}" * n) for n in range(100)), None]
    os.close(inward)


def test_a_stopped_reader_does_not_stop_the_writer():
    """More than a pipe holds is queued, and the oldest gives way."""
    inward, outward = os.pipe()
    writer = link.Writer(outward, "test", size=4)
    writer.start()
    for _ in range(50):
        writer.post(Notice("x" * 100_000))
    writer.close(timeout=0.01)
    os.close(inward)  # the writer sees that nobody reads and ends
    writer.join(5)
    assert not writer.is_alive()
    os.close(outward)


def test_a_cut_off_message_is_the_end():
    """A process killed inside a write leaves half a frame."""
    inward, outward = os.pipe()
    os.write(outward, link.encode(Notice("half"))[:-3])
    os.close(outward)
    assert link.read(inward) is None
    os.close(inward)
