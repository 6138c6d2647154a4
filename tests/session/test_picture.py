"""Pictures of music: drawn the same each time, for any music, and refused in a sentence."""

import random
from pathlib import Path

import pytest
from matplotlib import image

from improv.errors import InputError, UsageError
from improv.music.event import Note, Source
from improv.ports import take
from improv.session import look, picture

YOU, IMPROV = Source.YOU, Source.IMPROV


def music(count: int, source: Source | None = None) -> list[Note]:
    rng = random.Random(count)
    at, notes = 0.0, []
    for _ in range(count):
        at += rng.choice([0.0, 0.0, 0.2, 0.4])
        by = source or rng.choice([YOU, IMPROV])
        notes.append(Note(rng.randrange(40, 90), rng.randrange(1, 128), at, rng.uniform(0, 2), by))
    return notes


def has(path: Path, colour: tuple[int, int, int]) -> bool:
    """Whether a picture has a pixel of exactly this colour."""
    pixels = (image.imread(path)[..., :3] * 255).round().astype(int)
    return bool((pixels == colour).all(axis=-1).any())


def test_the_same_music_gives_the_same_bytes(tmp_path: Path):
    """Without a date, a version or the order of the notes in them."""
    notes = music(60)
    picture.draw(notes, tmp_path / "a.png", "take")
    picture.draw(notes[::-1], tmp_path / "b.png", "take")
    data = (tmp_path / "a.png").read_bytes()
    assert data == (tmp_path / "b.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert b"matplotlib" not in data.lower()


@pytest.mark.parametrize(
    ("source", "there", "not_there"),
    [(YOU, YOU, IMPROV), (IMPROV, IMPROV, YOU), (None, IMPROV, None), (None, YOU, None)],
)
def test_each_voice_has_its_colour(tmp_path: Path, source, there, not_there):
    """Both in a duet, only the one that plays in a solo."""
    picture.draw(music(60, source), tmp_path / "a.png", "take")

    def rgb(of: Source) -> tuple[int, int, int]:
        return tuple(int(look.COLOUR[of][i : i + 2], 16) for i in (1, 3, 5))

    assert has(tmp_path / "a.png", rgb(there))
    assert not_there is None or not has(tmp_path / "a.png", rgb(not_there))


@pytest.mark.parametrize(
    "notes",
    [
        [Note(60, 80, 0.0, 0.5)],
        [Note(0, 1, 0.0, 0.001), Note(127, 127, 0.0, 0.001)],
        [Note(60, 80, 100.0, 0.0), Note(62, 80, 100.0, 0.0)],
        [Note(60, 80, 0.0, 0.5), Note(62, 80, 279_621.0, 0.5)],
        music(3000),
    ],
    ids=["one note", "both ends", "no length", "three days", "a sonata"],
)
def test_any_music_can_be_drawn(tmp_path: Path, notes: list[Note]):
    """One note, the ends of the keyboard, no time at all, days of silence, thousands of notes."""
    picture.draw(notes, tmp_path / "a.png", "any")
    height, width, _ = image.imread(tmp_path / "a.png").shape
    assert width == 2100
    assert 900 < height < 2600


def test_a_title_is_drawn_as_it_stands(tmp_path: Path):
    """Dollar signs are not formulas, and a letter the font lacks is no warning."""
    picture.draw([Note(60, 80, 0.0, 0.5)], tmp_path / "a.png", "cash $x^{2 \u66f2\U0001f3b9.mid")
    assert (tmp_path / "a.png").exists()


def test_a_midi_file_is_drawn(tmp_path: Path):
    """`improv plot`: what was written as improv's is drawn as improv's."""
    notes = [(0.0, b"\x90\x3c\x50", Source.IMPROV), (1.0, b"\x80\x3c\x00", Source.IMPROV)]
    take.write(tmp_path / "a.mid", notes)
    picture.draw_file(tmp_path / "a.mid", tmp_path / "a.png")
    assert has(tmp_path / "a.png", (217, 88, 13))


def test_what_cannot_be_drawn_is_refused_in_a_sentence(tmp_path: Path):
    """No notes, another kind of picture, a folder that is not there: nothing is written."""
    with pytest.raises(InputError, match="no notes"):
        picture.draw([], tmp_path / "a.png", "empty")
    with pytest.raises(UsageError, match=r"\.png file, not 'a\.jpg'"):
        picture.draw(music(3), tmp_path / "a.jpg", "take")
    with pytest.raises(UsageError, match="cannot draw to"):
        picture.draw(music(3), tmp_path / "no" / "a.png", "take")
    with pytest.raises(InputError, match="cannot read"):
        picture.draw_file(tmp_path / "no.mid", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
