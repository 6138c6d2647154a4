"""How long notes sound under a sustain pedal, beside one that goes event by event."""

import io
import random

import mido
import numpy as np
import pytest

from improv.ports.midifile import read_arrays

SECOND = 960  # ticks at 480 a quarter note and 120 bpm

Event = tuple[int, mido.Message]  # (tick, message)


def on(at: int, note: int, channel: int = 0) -> Event:
    return at, mido.Message("note_on", note=note, velocity=64, channel=channel)


def off(at: int, note: int, channel: int = 0) -> Event:
    return at, mido.Message("note_off", note=note, channel=channel)


def pedal(at: int, value: int, channel: int = 0) -> Event:
    return at, mido.Message("control_change", control=64, value=value, channel=channel)


def file_of(*tracks: list[Event], names: tuple[str, ...] = ()) -> bytes:
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for number, events in enumerate(tracks):
        track = mido.MidiTrack()
        if names:
            track.append(mido.MetaMessage("track_name", name=names[number]))
        now = 0
        for at, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=at - now))
            now = at
        file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def lengths(data: bytes) -> list[tuple[int, float, float]]:
    """(pitch, seconds the key was held, seconds it rang on) of each note."""
    a = read_arrays(data)
    columns = (a.pitch.tolist(), a.duration.tolist(), a.rings.tolist())
    return [(p, round(d, 4), round(r, 4)) for p, d, r in zip(*columns, strict=True)]


def test_a_note_let_go_under_the_pedal_rings_until_it_comes_up():
    """Its key is held for half a second and it sounds for two; duration stays what the key did."""
    data = file_of(
        [pedal(0, 127), on(0, 60), off(480, 60), pedal(1920, 0), on(1920, 62), off(2400, 62)]
    )
    assert lengths(data) == [(60, 0.5, 1.5), (62, 0.5, 0.0)]


def test_a_key_held_past_the_pedal_ends_with_the_key():
    """A pedal that comes up while the key is down changes nothing; nor one that comes too late."""
    data = file_of(
        [
            pedal(0, 127),
            on(0, 60),
            pedal(240, 0),
            off(480, 60),
            pedal(481, 127),
            on(960, 62),
            off(1440, 62),
        ]
    )
    assert lengths(data) == [(60, 0.5, 0.0), (62, 0.5, 0.0)]


def test_a_key_struck_again_ends_what_rings():
    """On the same channel; a neighbour rings on."""
    data = file_of(
        [
            *(pedal(0, 100), on(0, 60), on(0, 64), off(480, 60), off(480, 64)),
            *(on(960, 60), off(1440, 60), pedal(1920, 0)),
        ]
    )
    assert lengths(data) == [(60, 0.5, 0.5), (64, 0.5, 1.5), (60, 0.5, 0.5)]


@pytest.mark.parametrize(("value", "rings"), [(63, 0.0), (64, 0.5)])
def test_a_pedal_is_down_from_sixty_four_up(value: int, rings: float):
    """As MIDI says of a switch; a continuous pedal is read so too."""
    data = file_of([pedal(0, 127), pedal(10, value), on(20, 60), off(500, 60), pedal(980, 0)])
    assert lengths(data) == [(60, 0.5, rings)]


def test_at_one_tick_the_pedal_comes_before_the_key():
    """Pressed with the release it catches the note; lifted with it, it doesn't keep it."""
    caught = file_of([on(0, 60), off(480, 60), pedal(480, 127), pedal(960, 0)])
    lost = file_of([pedal(0, 127), on(0, 60), off(480, 60), pedal(480, 0)])
    assert lengths(caught) == [(60, 0.5, 0.5)]
    assert lengths(lost) == [(60, 0.5, 0.0)]


def test_a_pedal_that_never_comes_up_lets_notes_ring_to_the_end_of_the_piece():
    """The end is the last thing that happens there."""
    data = file_of([pedal(0, 127), on(0, 60), off(480, 60), on(960, 62), off(1920, 62)])
    assert lengths(data) == [(60, 0.5, 1.5), (62, 1.0, 0.0)]


def test_resetting_controllers_lifts_the_pedal():
    """CC121 is as good as a release."""
    reset = mido.Message("control_change", control=121, value=0)
    data = file_of(
        [pedal(0, 127), on(0, 60), off(480, 60), (960, reset), on(1920, 62), off(2000, 62)]
    )
    assert lengths(data)[0] == (60, 0.5, 0.5)


@pytest.mark.parametrize("where", ["a track of its own", "the other hand's track"])
def test_a_pedal_acts_on_its_channel_whatever_track_it_stands_on(where: str):
    """Both hands ring, and a second instrument on another channel doesn't."""
    pedals = [pedal(0, 127), pedal(960, 0)]
    left, right = [on(0, 40), off(480, 40)], [on(0, 60), off(480, 60)]
    other = [on(0, 70, 1), off(480, 70, 1)]
    tracks = (
        [pedals, left, right, other] if where.startswith("a") else [left, right + pedals, other]
    )
    assert lengths(file_of(*tracks)) == [(40, 0.5, 0.5), (60, 0.5, 0.5), (70, 0.5, 0.0)]


def test_a_pedal_without_notes_on_its_channel_is_nobodys():
    """Notes on channel 1 and a pedal on channel 2."""
    data = file_of([on(0, 60), off(480, 60), pedal(0, 127, 1), pedal(960, 0, 1)])
    assert lengths(data) == [(60, 0.5, 0.0)]


def test_a_take_keeps_its_players_apart_when_it_is_read_with_pedal():
    """Your pedal is on the channel that improv plays on: both ring, each is whose it was."""
    yours = [pedal(0, 127), on(0, 60), off(480, 60), pedal(1440, 0)]
    its = [on(480, 72), off(960, 72)]
    a = read_arrays(file_of(yours, its, names=("you", "improv")))
    assert a.improv.tolist() == [False, True]
    assert a.rings.tolist() == pytest.approx([1.0, 0.5], abs=1e-6)


@pytest.mark.parametrize("tracks", [1, 2])
def test_whatever_is_played_it_rings_as_it_would_step_by_step(tracks: int):
    """Random playing with a restless pedal, by the fast reader and by the exact one."""
    for seed in range(60):
        events = performance(random.Random(seed), channels=tracks)
        parts = [[e for e in events if e[1].channel % tracks == part] for part in range(tracks)]
        a = read_arrays(file_of(*parts))
        wanted = step_by_step(events)
        first = wanted[0][0]
        sounded = (a.duration + a.rings) * SECOND
        got = zip((a.start * SECOND + first).round(), a.pitch, sounded.round(), strict=True)
        assert sorted(got) == sorted((float(at), p, float(length)) for at, p, length in wanted)


def performance(rng: random.Random, channels: int) -> list[Event]:
    """Keys of each channel, none down twice at once, and its pedal, at any value."""
    events = []
    for channel in range(channels):
        for note in range(60, 66):
            at = 0
            for _ in range(rng.randrange(1, 12)):
                at += rng.randrange(1, 500)
                events.append(on(at, note, channel))
                at += rng.randrange(1, 500)
                events.append(off(at, note, channel))
        at = 0
        for _ in range(rng.randrange(30)):
            at += rng.choice([1, 5, rng.randrange(1, 400)])
            events.append(pedal(at, rng.randrange(128), channel))
    return sorted(events, key=lambda event: event[0])


def step_by_step(events: list[Event]) -> list[tuple[int, int, int]]:
    """(tick, pitch, ticks it sounds) of each note, as a piano does it: one event after another."""
    rank = {"control_change": 0, "note_off": 1, "note_on": 2}
    down: set[int] = set()
    held: dict[tuple[int, int], int] = {}
    ringing: dict[tuple[int, int], int] = {}
    done = []
    for at, message in sorted(events, key=lambda event: (event[0], rank[event[1].type])):
        key = (message.channel, getattr(message, "note", -1))
        match message.type:
            case "note_on":
                if key in ringing:
                    begun = ringing.pop(key)
                    done.append((begun, key[1], at - begun))
                held[key] = at
            case "note_off" if message.channel in down:
                ringing[key] = held.pop(key)
            case "note_off":
                begun = held.pop(key)
                done.append((begun, key[1], at - begun))
            case _ if message.value >= 64:
                down.add(message.channel)
            case _:
                down.discard(message.channel)
                for other in [k for k in ringing if k[0] == message.channel]:
                    begun = ringing.pop(other)
                    done.append((begun, other[1], at - begun))
    end = max(at for at, _ in events)
    done += [(begun, key[1], end - begun) for key, begun in ringing.items()]
    return sorted(done)


def test_a_note_rings_for_no_less_than_nothing():
    """Overlaps on one pitch, notes of no length, a file of pedals only at its end."""
    data = file_of(
        [
            pedal(0, 127),
            on(0, 60),
            on(100, 60),
            off(200, 60),
            off(300, 60),
            on(400, 61),
            off(400, 61),
        ]
    )
    a = read_arrays(data)
    assert (a.rings >= 0).all()
    assert np.isfinite(a.rings).all()
    assert lengths(data)[0] == (60, round(200 / SECOND, 4), 0.0)
