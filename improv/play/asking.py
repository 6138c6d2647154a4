"""What the engine asks of the model: how many notes, after which, and from when on. Pure.

Somebody waits for the first notes, so they are few; behind a plan there is time for more. The
model hears as many notes as the musician has set, and the repetition guard those before them too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from improv.listen.context import Context
from improv.listen.evening import Evening
from improv.music import tonality
from improv.music.event import Note, ProposedNote, Source
from improv.music.names import pitch_class_name
from improv.music.scale import NONE, YOURS
from improv.music.timeline import Timeline
from improv.play.messages import ANY, NOTHING, Bounds, Key, Primer, Request, Tonight
from improv.play.params import Params
from improv.play.placing import place
from improv.play.recent import MEMORY

HORIZON = 1.0
"""Seconds of music planned ahead."""
COMMIT = 0.020
"""Seconds ahead that a turned knob no longer changes."""
LEAD = 0.100
"""Seconds before the end of your phrase that its answer is asked for."""
RETRY = 0.5
"""Seconds to wait after a proposal with nothing playable in it."""
CHUNK = 8
"""Notes asked for at a time: a few milliseconds of work, a second or so of music."""
FIRST = 2
"""Notes asked for where nothing is planned: somebody waits for them."""
SOON = 0.020
"""Seconds in which the model answers; a note sooner than that could not be played when it is."""

ROOM = 0.4
"""Seconds of plan behind which there is time to choose: a note takes a millisecond or two."""


def count(planned: int, left: int | None) -> int:
    """Notes to ask for; `left` of the phrase under way, None where it is endless."""
    wanted = CHUNK if planned else FIRST
    return wanted if left is None else min(wanted, left)


def futures(ahead: float, wanted: int) -> int:
    """Futures to choose from behind a plan of `ahead` seconds; one where somebody waits."""
    return wanted if ahead >= ROOM else 1


def behind(played: tuple[Note, ...], told: int) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """The `told` notes the model goes by, and those before them that the guard remembers."""
    return played[-told:], played[:-told][-MEMORY:]


def tonight(evening: Evening, params: Params) -> Tonight:
    """What is told of the evening: no more than these knobs have a model draw by."""
    copies = params.copy_cap > 0
    learns = copies or params.learn > 0.0
    if not learns and not evening.disliked:
        return NOTHING
    return Tonight(
        evening.learnt if learns else b"",
        bytes(evening.sounded) if copies else b"",
        evening.disliked,
    )


def request(
    params: Params,
    keys: Key,
    context: Context,
    plan: tuple[Note, ...],
    *,
    left: int | None,
    floor: float,
    heard: float,
    timeline: Timeline | None = None,
) -> Request:
    """What is asked after a plan; its number, and what it is to be of, are not known here.

    Args:
        params: the knobs as they stand.
        keys: the seed, and the number of the first note.
        context: all that has sounded.
        plan: the notes that are to come before.
        left: of the phrase under way.
        floor: when your pause is over.
        heard: when what is given out now is heard.
        timeline: the beat in force.
    """
    told = params.context
    sounded = context.snapshot(heard + HORIZON, max(told, MEMORY))
    notes, before = behind((*sounded, *plan), told)
    seed, index = keys
    return Request(
        0,
        notes,
        params,
        count(len(plan), left),
        seed,
        index,
        begins=begins(len(plan), context.last_start, floor, heard),
        before=before,
        futures=futures(plan[-1].start - heard if plan else 0.0, params.futures),
        timeline=timeline,
        tonight=tonight(context.evening, params),
    )


def in_your_key(params: Params, heard: Iterable[Note]) -> Params:
    """The parameters, with the key you play in where its scale is to be yours.

    No scale until you have played enough to tell one.
    """
    if params.scale != YOURS:
        return params
    key = tonality.found(note for note in heard if note.source is Source.YOU)
    if key is None:
        return replace(params, scale=NONE)
    return replace(params, key=key.tonic, scale=key.mode)


def key_of(params: Params, heard: Iterable[Note]) -> str:
    """The scale that is kept to, or else the key you play in, as "A minor"; "" if there is none."""
    if params.scale not in {NONE, YOURS}:
        return f"{pitch_class_name(params.key)} {params.scale}"
    key = tonality.found(note for note in heard if note.source is Source.YOU)
    return "" if key is None else f"{pitch_class_name(key.tonic)} {key.mode}"


def begins(planned: int, last: float | None, floor: float, now: float) -> Bounds:
    """Between which times the next note may begin.

    The first of an answer begins when your pause is over: you have set how long that is. Any
    other comes when the model hears it, given that it has not come yet.

    Args:
        planned: notes that are to come before it; what follows one is measured from that.
        last: when the last note sounded, if any has.
        floor: when your pause is over.
        now: in seconds, as the others.
    """
    if planned:
        return ANY
    if last is None or last < floor:
        first = max(floor, now)
        return first, first
    return now + SOON, ANY[1]


def for_companions(params: Params, context: Context, serial: int, seed: int, now: float) -> Request:
    """Ask for notes that begin with the last one you played; its number is below 0.

    Numbered by your note, so that the same playing gets the same companions.
    """
    played = context.steady(now, params.context + MEMORY, HORIZON)
    notes, before = behind(played, params.context)
    return Request(
        -serial,
        notes,
        params,
        params.companions,
        seed,
        serial,
        begins=(now, now),
        before=before,
        together=True,
        tonight=tonight(context.evening, params),
    )


def ahead_of_companions(params: Params, context: Context, now: float) -> Primer:
    """What companions of your next note will be asked with, but for that note."""
    told = params.context - 1  # your note is the last
    played = context.steady(now, told + MEMORY, HORIZON)
    notes, before = behind(played, told) if told else ((), played[-MEMORY:])
    return Primer(notes, before, params)


def companions(proposed: Iterable[ProposedNote], held: Collection[int], now: float) -> list[Note]:
    """Proposed notes that begin now: each pitch once, and none that you hold."""
    once = {
        note.pitch: replace(note, step=0.0, beat=None)
        for note in proposed
        if note.pitch not in held
    }
    return place(once.values(), anchor=now, floor=now)
