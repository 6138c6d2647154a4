"""What waits at one output: its order, its pairs, and what overtakes it."""

from __future__ import annotations

from improv.music.event import Source
from improv.play.effects import Send
from improv.play.outbox import Outbox, Outboxes

C4_ON, C4_OFF = bytes((0x90, 60, 80)), bytes((0x80, 60, 0))
E4_ON, E4_OFF = bytes((0x90, 64, 80)), bytes((0x80, 64, 0))
G4_ON = bytes((0x90, 67, 80))


def its(message: bytes, due: float) -> Send:
    return Send(message, due, Source.IMPROV)


def yours(message: bytes, due: float) -> Send:
    return Send(message, due, Source.YOU)


def run(box: Outbox, *puts: tuple[float, Send], until: float = 10.0) -> list[tuple[float, bytes]]:
    """Put each at its moment; (when it left, message) of all that leaves until then."""
    left: list[tuple[float, bytes]] = []
    for now, send in (*puts, (until, None)):
        while (due := box.due()) is not None and due <= now:
            left += [(due, d.send.message) for d in box.pop(due)]
        if send is not None:
            box.put(send, now)
            left += [(now, d.send.message) for d in box.pop(now)]
    return left


def test_its_notes_leave_a_latency_before_they_are_due():
    """Given out 40 ms ahead: with 40 ms of latency at once, with 10 ms 30 ms later."""
    for latency, leaves in ((0.040, 1.0), (0.010, 1.030), (0.0, 1.040)):
        box = Outbox(latency)
        left = run(box, (1.0, its(C4_ON, 1.040)), (1.5, its(C4_OFF, 1.540)))
        assert left == [(leaves, C4_ON), (leaves + 0.5, C4_OFF)]


def test_what_you_play_leaves_at_once_and_ends_when_it_is_due():
    """Thru waits for nothing, whatever the latency; a typed note's end known early waits."""
    for latency in (0.0, 0.040):
        left = run(Outbox(latency), (1.0, yours(C4_ON, 1.0)), (1.2, yours(C4_OFF, 1.24)))
        assert left == [(1.0, C4_ON), (1.24, C4_OFF)]


def test_a_note_that_is_cut_before_it_was_sent_is_never_sent():
    """Sent to a slow output already, it gets no on and no off here."""
    assert run(Outbox(), (1.0, its(C4_ON, 1.040)), (1.02, its(C4_OFF, 1.02))) == []
    slow = run(Outbox(0.040), (1.0, its(C4_ON, 1.040)), (1.02, its(C4_OFF, 1.02)))
    assert slow == [(1.0, C4_ON), (1.02, C4_OFF)]


def test_your_key_ends_the_note_that_waits_for_its_off():
    """Its C4 sounds and its off waits; you strike C4: the off leaves first, and only once."""
    box = Outbox()
    left = run(
        box,
        (1.0, its(C4_ON, 1.0)),
        (1.46, its(C4_OFF, 1.5)),
        (1.48, yours(C4_ON, 1.48)),
        (2.0, yours(C4_OFF, 2.0)),
    )
    assert left == [(1.0, C4_ON), (1.48, C4_OFF), (1.48, C4_ON), (2.0, C4_OFF)]


def test_a_whole_note_that_waits_gives_way_to_your_key():
    """What has not sounded of a key is left out where you strike it."""
    left = run(
        Outbox(),
        (1.00, its(C4_ON, 1.050)),
        (1.01, its(C4_OFF, 1.060)),
        (1.02, yours(C4_ON, 1.02)),
        (1.10, yours(C4_OFF, 1.10)),
    )
    assert left == [(1.02, C4_ON), (1.10, C4_OFF)]


def test_other_keys_are_left_alone():
    """Only what waits for the same key is overtaken."""
    left = run(Outbox(), (1.0, its(C4_ON, 1.04)), (1.01, yours(E4_ON, 1.01)))
    assert left == [(1.01, E4_ON), (1.04, C4_ON)]


def test_cutting_ends_what_was_sent_and_drops_what_was_not():
    """After a stop there is an off for what sounds and nothing else."""
    box = Outbox()
    run(box, (1.0, its(C4_ON, 1.0)), (1.1, its(C4_OFF, 1.15)), until=1.1)
    box.put(its(E4_ON, 1.13), 1.1)
    box.put(its(E4_OFF, 1.14), 1.1)
    box.cut(1.12)
    assert [d.send.message for d in box.pop(1.12)] == [C4_OFF]
    assert len(box) == 0


def test_an_off_for_what_was_not_sent_is_left_out():
    """An output that opened in the middle of a note hears nothing of it."""
    assert run(Outbox(), (1.0, its(C4_OFF, 1.0))) == []


def test_a_note_that_would_leave_too_late_is_dropped_with_its_off():
    """More than 50 ms after its own time, at this output alone; yours is passed on however late."""
    box = Outbox(0.010)
    box.put(its(C4_ON, 1.040), 1.0)
    assert box.pop(1.081) == []
    box.put(its(C4_OFF, 1.2), 1.16)
    assert box.pop(2.0) == []
    assert box.dropped == 1
    box.put(yours(C4_ON, 1.0), 3.0)
    assert len(box.pop(3.0)) == 1


def test_a_latency_is_set_by_spec_or_by_device():
    """What was set for the spec goes before what was measured of the device; a take has none."""
    boxes = Outboxes({"port:micro": 0.010, "port:MicroFreak 1": 0.020, "file:take.mid": 0.1})
    boxes.open("port:micro", "port:MicroFreak 1")
    assert boxes.lead == 0.010
    boxes.close("port:micro", 1.0)
    assert boxes.lead == 0.0
    boxes.open("port:Freak", "port:MicroFreak 1")
    boxes.open("file:take.mid", is_take=True)
    boxes.open("virtual:improv", "virtual:improv")
    assert boxes.latency_ms == (("port:Freak", 20.0),)


def test_what_may_ring_at_an_output_that_has_gone_is_known():
    """What sounds there, and what has ended since somebody may have pulled the cable."""
    boxes = Outboxes({})
    boxes.open("port:synth")
    for message, due in ((C4_ON, 1.0), (C4_OFF, 1.5), (E4_ON, 1.0), (E4_OFF, 4.0), (G4_ON, 4.5)):
        boxes.put("port:synth", its(message, due), due)
        boxes.pop(due)
    ringing = boxes.close("port:synth", 5.0)
    assert {pitch for _, pitch, _ in ringing} == {64, 67}


def test_an_output_that_is_back_lets_go_what_rings_there_and_nothing_else():
    boxes = Outboxes({})
    boxes.open("port:synth", down={(0, 64, True)})
    for message in (C4_OFF, E4_OFF, E4_OFF):
        boxes.put("port:synth", its(message, 1.0), 1.0)
    assert [d.send.message for _, d in boxes.pop(1.0)] == [E4_OFF]
