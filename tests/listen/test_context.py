"""The rolling context holds what sounded, in order, and no more than its size."""

from improv.listen.context import SIZE, Context
from improv.music.event import Note, Source


def test_keeps_the_newest_notes_in_the_order_they_sounded():
    """Those beyond its size push out the oldest."""
    context = Context(SIZE)
    for n in range(SIZE + 3):
        context.begin(n, Note(60 + n % 12, 64, n * 0.1, 0.05), held=False)
    notes = context.snapshot(9.0)
    assert len(notes) == SIZE
    assert notes[0].start == 3 * 0.1
    assert context.last_start == (SIZE + 2) * 0.1


def test_a_held_note_is_as_long_as_it_has_been_held():
    """The length of a key that is still down is what has passed; then it is what it was."""
    context = Context()
    context.begin(1, Note(60, 64, 1.0, 0.0), held=True)
    assert context.snapshot(1.5)[0].duration == 0.5
    context.end(1, 1.7)
    assert context.snapshot(9.0)[0].duration == 1.7 - 1.0


def test_mixes_yours_and_its():
    """Both sources stand in one context."""
    context = Context()
    context.begin(1, Note(60, 64, 1.0, 0.2, Source.YOU), held=False)
    context.begin(2, Note(64, 64, 1.2, 0.2, Source.IMPROV), held=False)
    assert [n.source for n in context.snapshot(2.0)] == [Source.YOU, Source.IMPROV]


def test_a_prompt_ends_when_it_is_seeded():
    """The last note of a prompt begins at the given time, and only the newest 25 stay."""
    context = Context()
    context.seed([Note(60, 64, i * 0.5, 0.4) for i in range(40)], end=10.0)
    notes = context.snapshot(10.0)
    assert len(notes) == SIZE
    assert notes[-1].start == 10.0
    assert notes[0].start == 10.0 - 24 * 0.5


def test_ending_a_note_that_has_rolled_out_changes_nothing():
    """A long note may outlive its place in the context."""
    context = Context(size=1)
    context.begin(1, Note(60, 64, 0.0, 0.0), held=True)
    context.begin(2, Note(62, 64, 1.0, 0.2), held=False)
    context.end(1, 5.0)
    assert [n.pitch for n in context.snapshot(6.0)] == [62]


def test_what_a_pedal_adds_stands_beside_the_key():
    """The key is let go and the note rings on: so far, and then for as long as it did."""
    context = Context()
    context.begin(1, Note(60, 64, 1.0, 0.0), held=True)
    context.release(1, 1.25)
    assert [(n.duration, n.rings, n.sounding) for n in context.snapshot(2.0)] == [(0.25, 0.75, 1.0)]
    context.end(1, 3.0)
    assert [(n.duration, n.rings) for n in context.snapshot(9.0)] == [(0.25, 1.75)]


def test_what_has_rolled_out_can_be_let_go_and_can_ring():
    """A long note may outlive its place in the context, under the pedal too."""
    context = Context(size=1)
    context.begin(1, Note(60, 64, 0.0, 0.0), held=True)
    context.begin(2, Note(62, 64, 1.0, 0.2), held=False)
    context.release(1, 5.0)
    context.end(1, 6.0)
    assert [(n.pitch, n.rings) for n in context.snapshot(6.0)] == [(62, 0.0)]


def test_a_prompt_keeps_both_lengths_of_its_notes():
    """It is moved in time, and that is all."""
    context = Context()
    context.seed([Note(60, 64, 0.0, 0.25, Source.YOU, 0.5), Note(62, 64, 1.0, 0.25)], end=5.0)
    assert [(n.start, n.duration, n.rings) for n in context.snapshot(9.0)] == [
        (4.0, 0.25, 0.5),
        (5.0, 0.25, 0.0),
    ]


def test_what_sounds_is_the_same_from_one_moment_to_the_next_where_it_is_to_be_steady():
    """It lasts 1 s until then, then 2, then 4; what has ended has its length."""
    context = Context()
    context.begin(1, Note(60, 80, 10.0, 0.0), held=True)
    context.begin(2, Note(64, 80, 10.5, 0.0), held=True)
    context.end(1, 10.75)
    lengths = [
        [note.duration for note in context.steady(now, 25, within=1.0)]
        for now in (10.9, 11.4, 11.6, 12.6)
    ]
    assert lengths == [[0.75, 1.0], [0.75, 1.0], [0.75, 2.0], [0.75, 4.0]]


def test_its_version_goes_up_with_each_change():
    """And with nothing else."""
    context = Context()
    versions = [context.version]
    for change in (
        lambda: context.begin(1, Note(60, 80, 0.0, 0.0), held=True),
        lambda: context.release(1, 1.0),
        lambda: context.end(1, 2.0),
        context.clear,
    ):
        change()
        context.snapshot(9.0)
        context.end(7, 2.0)  # which is not there
        versions.append(context.version)
    assert versions == sorted(set(versions))
