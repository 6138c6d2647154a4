"""The 128 instruments of General MIDI 1 (MMA RP-003): program numbers 0-127 and their names."""

from __future__ import annotations

import difflib

from improv.errors import UsageError

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Piano",
        (
            "Acoustic Grand Piano",
            "Bright Acoustic Piano",
            "Electric Grand Piano",
            "Honky-tonk Piano",
            "Electric Piano 1",
            "Electric Piano 2",
            "Harpsichord",
            "Clavinet",
        ),
    ),
    (
        "Chromatic Percussion",
        (
            "Celesta",
            "Glockenspiel",
            "Music Box",
            "Vibraphone",
            "Marimba",
            "Xylophone",
            "Tubular Bells",
            "Dulcimer",
        ),
    ),
    (
        "Organ",
        (
            "Drawbar Organ",
            "Percussive Organ",
            "Rock Organ",
            "Church Organ",
            "Reed Organ",
            "Accordion",
            "Harmonica",
            "Tango Accordion",
        ),
    ),
    (
        "Guitar",
        (
            "Acoustic Guitar (nylon)",
            "Acoustic Guitar (steel)",
            "Electric Guitar (jazz)",
            "Electric Guitar (clean)",
            "Electric Guitar (muted)",
            "Overdriven Guitar",
            "Distortion Guitar",
            "Guitar Harmonics",
        ),
    ),
    (
        "Bass",
        (
            "Acoustic Bass",
            "Electric Bass (finger)",
            "Electric Bass (pick)",
            "Fretless Bass",
            "Slap Bass 1",
            "Slap Bass 2",
            "Synth Bass 1",
            "Synth Bass 2",
        ),
    ),
    (
        "Strings",
        (
            "Violin",
            "Viola",
            "Cello",
            "Contrabass",
            "Tremolo Strings",
            "Pizzicato Strings",
            "Orchestral Harp",
            "Timpani",
        ),
    ),
    (
        "Ensemble",
        (
            "String Ensemble 1",
            "String Ensemble 2",
            "Synth Strings 1",
            "Synth Strings 2",
            "Choir Aahs",
            "Voice Oohs",
            "Synth Voice",
            "Orchestra Hit",
        ),
    ),
    (
        "Brass",
        (
            "Trumpet",
            "Trombone",
            "Tuba",
            "Muted Trumpet",
            "French Horn",
            "Brass Section",
            "Synth Brass 1",
            "Synth Brass 2",
        ),
    ),
    (
        "Reed",
        (
            "Soprano Sax",
            "Alto Sax",
            "Tenor Sax",
            "Baritone Sax",
            "Oboe",
            "English Horn",
            "Bassoon",
            "Clarinet",
        ),
    ),
    (
        "Pipe",
        (
            "Piccolo",
            "Flute",
            "Recorder",
            "Pan Flute",
            "Blown Bottle",
            "Shakuhachi",
            "Whistle",
            "Ocarina",
        ),
    ),
    (
        "Synth Lead",
        (
            "Lead 1 (square)",
            "Lead 2 (sawtooth)",
            "Lead 3 (calliope)",
            "Lead 4 (chiff)",
            "Lead 5 (charang)",
            "Lead 6 (voice)",
            "Lead 7 (fifths)",
            "Lead 8 (bass + lead)",
        ),
    ),
    (
        "Synth Pad",
        (
            "Pad 1 (new age)",
            "Pad 2 (warm)",
            "Pad 3 (polysynth)",
            "Pad 4 (choir)",
            "Pad 5 (bowed)",
            "Pad 6 (metallic)",
            "Pad 7 (halo)",
            "Pad 8 (sweep)",
        ),
    ),
    (
        "Synth Effects",
        (
            "FX 1 (rain)",
            "FX 2 (soundtrack)",
            "FX 3 (crystal)",
            "FX 4 (atmosphere)",
            "FX 5 (brightness)",
            "FX 6 (goblins)",
            "FX 7 (echoes)",
            "FX 8 (sci-fi)",
        ),
    ),
    (
        "Ethnic",
        (
            "Sitar",
            "Banjo",
            "Shamisen",
            "Koto",
            "Kalimba",
            "Bag Pipe",
            "Fiddle",
            "Shanai",
        ),
    ),
    (
        "Percussive",
        (
            "Tinkle Bell",
            "Agogo",
            "Steel Drums",
            "Woodblock",
            "Taiko Drum",
            "Melodic Tom",
            "Synth Drum",
            "Reverse Cymbal",
        ),
    ),
    (
        "Sound Effects",
        (
            "Guitar Fret Noise",
            "Breath Noise",
            "Seashore",
            "Bird Tweet",
            "Telephone Ring",
            "Helicopter",
            "Applause",
            "Gunshot",
        ),
    ),
)
NAMES: tuple[str, ...] = tuple(name for _, names in FAMILIES for name in names)
_LOWERED = tuple(name.lower() for name in NAMES)


def name(program: int) -> str:
    """The instrument of a program number 0-127; 0 is "Acoustic Grand Piano"."""
    if not 0 <= program < len(NAMES):
        raise UsageError(f"General MIDI programs go from 0 to 127, not {program}")
    return NAMES[program]


def family(program: int) -> str:
    return FAMILIES[program // 8][0]


def matches(text: str) -> tuple[int, ...]:
    """Programs whose names hold every word of `text`, in any case and order; all for no words."""
    words = text.lower().split()
    return tuple(i for i, low in enumerate(_LOWERED) if all(word in low for word in words))


def program(text: str) -> int:
    """The program of an instrument's name, in any case, whole or a part that fits only one.

    A number 0-127 is taken as it is. Raises UsageError with the closest names when none fits, or
    those that do when several fit.
    """
    wanted = " ".join(text.lower().split())
    if wanted.isdecimal() and int(wanted) < len(NAMES):
        return int(wanted)
    if wanted in _LOWERED:
        return _LOWERED.index(wanted)
    found = matches(wanted) if wanted else ()
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{text!r} fits several instruments: {_listed(found)}; write more of it")
    close = tuple(
        _LOWERED.index(low) for low in difflib.get_close_matches(wanted, _LOWERED, n=4, cutoff=0.4)
    )
    examples = "try Acoustic Grand Piano, Violin, Flute or a number 0-127"
    hint = f"closest: {_listed(close)}" if close else examples
    raise UsageError(f"no General MIDI instrument named {text!r}; {hint}")


def _listed(programs: tuple[int, ...], most: int = 6) -> str:
    shown = ", ".join(f"'{NAMES[p]}'" for p in programs[:most])
    return shown + (f" and {len(programs) - most} more" if len(programs) > most else "")
