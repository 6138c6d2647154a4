"""A session as lines of text: what is written is what is read, wherever it was cut off."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from improv.errors import UsageError
from improv.music.event import Note, NoteOff, NoteOn, Other, ProposedNote, Source
from improv.play.effects import Hush, Send
from improv.play.messages import Action, Chorded, Named, Proposal, SetParam, Strike, Transport
from improv.play.params import Params
from improv.session import journal
from improv.session.account import account
from improv.session.journal import About, Step

YOU = Source.YOU
ABOUT = About(
    Params(temperature=0.3, guard="off", thru=False),
    seed=2**62,
    opening=(Note(60, 70, 0.0, 0.1 + 0.2, Source.IMPROV, 0.25),),
    idle_start=4.0,
    version="0.1.0",
)
STEPS = (
    Step(100.1, "greeting", None, (Send(b"\xc0\x05", 100.1, Source.IMPROV),)),
    Step(100.2, "lead_by", 0.012),
    Step(100.3, "model_ready"),
    Step(1 / 3, "handle", NoteOn(0.1 + 0.2, 60, 80, 3), (Send(b"\x90\x3c\x50", 1 / 3, YOU),)),
    Step(101.0, "handle", NoteOff(101.0, 60), (Hush(), Send(b"\x80\x3c\x00", 9.0, YOU, False))),
    Step(102.0, "handle", Other(102.0, b"\xb0\x40\x7f")),
    Step(103.0, "handle", SetParam(3, "temperature", 0.5)),
    Step(103.0, "handle", SetParam(4, "thru", True)),
    Step(103.0, "handle", SetParam(5, "guard", "strong")),
    Step(103.0, "handle", SetParam(6, "high", 90)),
    Step(104.0, "handle", Transport(Action.PANIC)),
    Step(105.0, "handle", Strike(61, 90, 0.25)),
    Step(106.0, "handle", Proposal(7, (ProposedNote(62, 64, 0.1, 0.7),), ())),
    Step(106.5, "handle", Named(3, "Am7"), (Chorded("Am7", 106.6), Chorded("off", 107.5))),
    Step(107.0, "handle"),
    Step(108.0, "finish"),
)  # fmt: skip


def lines(*steps: Step) -> bytes:
    return journal.about_line(ABOUT) + b"".join(map(journal.step_line, steps))


def test_what_is_written_is_what_is_read():
    """Every kind of item, every float to its last bit."""
    read = journal.read(lines(*STEPS))
    assert read is not None
    assert read.about == ABOUT
    assert read.steps == STEPS
    assert not read.kept
    assert not read.damaged


def test_chords_are_markers_of_a_take_as_on_a_lead_sheet():
    """Each from when it was in force, among the knobs that were turned."""
    marks = account(ABOUT, STEPS).marks
    assert marks[-2:] == ((106.6, "Am7"), (107.5, "N.C."))
    assert marks[0] == (103.0, "temperature=0.5")


def test_the_time_a_proposal_took_is_left_out():
    """It changes nothing, and is never the same again."""
    timed = Proposal(7, (ProposedNote(62, 64, 0.1, 0.7),), (1200.5,))
    assert journal.step_line(Step(1.0, "handle", timed)) == journal.step_line(
        Step(1.0, "handle", dataclasses.replace(timed, inference_us=()))
    )


def test_what_is_known_later_is_added():
    """The model is not there when a session begins; a take is kept when it is."""
    told = lines() + journal.about_line({"model": "seed", "digest": "ab"})
    read = journal.read(told + journal.about_line({"kept": True}))
    assert read is not None
    assert (read.about.model, read.about.digest, read.kept) == ("seed", "ab", True)


def test_of_a_journal_that_was_cut_off_all_but_the_last_line_is_whole():
    """At every byte."""
    whole = lines(*STEPS)
    for end in range(len(whole) + 1):
        read = journal.read(whole[:end])
        complete = whole[:end].count(b"\n")
        if complete:
            assert read is not None
            assert read.steps == STEPS[: complete - 1]
            assert not read.damaged
        else:
            assert read is None


@pytest.mark.parametrize("line", [b"\0" * 40, b'[1,"handle",["Nonesuch"]]', b"[]", b'["a",0,0]'])
def test_a_damaged_line_costs_itself_and_is_counted(line: bytes):
    """A power cut can leave zeros in a file; what stands around them was played."""
    read = journal.read(lines(STEPS[0]) + line + b"\n" + journal.step_line(STEPS[-1]))
    assert read is not None
    assert read.steps == (STEPS[0], STEPS[-1])
    assert read.damaged == 1


@pytest.mark.parametrize(
    "line",
    [
        b"[[" * 2000,
        b'[1,"handle",["NoteOn",1.0,"60",80,0]]',
        b'[1,"handle",["NoteOn",1.0,60,80,0,0]]',
        b'[1,"handle",["SetParam",1,"thru",[]]]',
        b'{"params":{"nonesuch":1}}',
        b'{"params":{"temperature":99.0}}',
    ],
)
def test_what_must_be_whole_is_refused_with_one_kind_of_error(line: bytes):
    """Whatever somebody wrote into a file; a parameter out of range says which."""
    with pytest.raises((ValueError, UsageError)):
        journal.read_strictly(lines() + line)


def test_a_hostile_model_s_numbers_are_written_too():
    """What it proposed is what happened; the engine dropped it then and will again."""
    hostile = Proposal(1, (ProposedNote(200, 0, math.nan, -math.inf),), ())
    read = journal.read(lines(Step(1.0, "handle", hostile)))
    assert read is not None
    item = read.steps[0].item
    assert isinstance(item, Proposal)
    assert math.isnan(item.notes[0].step)
    strange = dataclasses.replace(hostile, notes=(ProposedNote(object(), 1, 0, 0),))  # type: ignore[arg-type]
    assert json.loads(journal.step_line(Step(1.0, "handle", strange)))


def test_what_was_to_come_and_was_hushed_was_not_heard():
    """A note that waited for a slow output is let go before it began; one that sounds ends."""
    steps = (
        Step(0.0, "handle", None, (Send(b"\x90\x3c\x50", 0.5, Source.IMPROV),)),
        Step(0.1, "handle", None, (Send(b"\x90\x40\x50", 0.1, Source.IMPROV),)),
        Step(0.2, "handle", None, (Hush(), Send(b"\x80\x40\x00", 0.2, Source.IMPROV))),
    )
    heard = [(at, message[1]) for at, message, _ in journal.sent(steps)]
    assert heard == [(0.1, 0x40), (0.2, 0x40)]
