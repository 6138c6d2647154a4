"""What there is to do, three times: the app's keys, the help page's words, the palette's commands.

They stand together so that a new action is not forgotten in one of them.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from improv.play.knobs import label
from improv.play.params import KNOBS

BINDINGS: list[BindingType] = [
    Binding("space", "play_pause", "play"),
    Binding("full_stop", "transport('stop')", "stop", key_display="."),
    Binding("r", "transport('new')", "new"),
    Binding("exclamation_mark", "transport('panic')", "panic", key_display="!"),
    Binding("s", "save", "save"),
    Binding("question_mark", "help", "help", key_display="?"),
    Binding("q", "leave", "quit"),
    Binding("o", "outputs", "out"),
    Binding("i", "inputs", "in"),
    Binding("m", "piano", "piano"),
    Binding("ctrl+p", "command_palette", "all", key_display="^p", priority=True),
    Binding("left_square_bracket", "page(-1)", "page before", show=False),
    Binding("right_square_bracket", "page(1)", "next page", show=False),
    Binding("a", "transport('again')", "again", show=False),
    Binding("backspace", "transport('back')", "back", show=False),
    Binding("k", "transport('keep')", "keep", show=False),
    Binding("K", "transport('more')", "more", show=False),
    Binding("x", "transport('less')", "less like this", show=False),
    Binding("p", "presets", "presets", show=False),
    Binding("u,ctrl+z", "undo", "undo", show=False),
    Binding("U,ctrl+y", "undo(True)", "redo", show=False),
    Binding("slash", "sides", "A/B", show=False),
    Binding("L", "learn", "learn", show=False),
    Binding("c", "controls", "controls", show=False),
    *(Binding(f"f{slot}", f"recall('{slot}')", show=False) for slot in range(1, 10)),
    # a terminal says F13 for Shift and F1
    *(Binding(f"f{12 + n},shift+f{n}", f"store({n})", show=False) for n in range(1, 10)),
    Binding("b", "tap", "tap", show=False),
    Binding("h", "histograms", "histograms", show=False),
    Binding("g", "instrument", "instrument", show=False),
    Binding("l", "log", "log", show=False),
    Binding("ctrl+c,ctrl+q", "leave", "quit", show=False, priority=True),
    Binding("t", "theme", "dark or light", show=False),
    Binding("escape", "piano_off", "piano off", show=False),
]

# What `?` shows: a group, then keys and what they do.
KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Music",
        (
            ("Space", "play, and pause"),
            (".", "stop; the context is kept"),
            ("r", "new: forget the context, begin again"),
            ("a", "again, but different: the same place, other notes"),
            ("Backspace", "eight notes back, and on from there"),
            ("k  K", "keep this phrase; more like what you kept"),
            ("x", "less like its last phrase"),
            ("!", "panic: silence everything, from any screen"),
            ("b", "tap the tempo; the beat falls where you tap"),
            ("s", "save the take; `improv takes` lists them"),
            ("m", "typed piano on and off"),
        ),
    ),
    (
        "Typed piano",
        (
            ("a s d f …", "white keys; w e t y u o p the black ones"),
            ("z  x", "an octave down, up"),
            ("Shift", "louder"),
        ),
    ),
    (
        "Knobs",
        (
            ("↑ ↓  Tab", "go to a knob"),
            ("[  ]", "the page of knobs before, and the next"),
            ("← →", "turn; with Shift finely; PgUp PgDn ten steps"),
            ("Home End", "lowest, highest"),
            ("0", "default; so does a double click"),
            ("1-9, Enter", "type a value; Enter sends it, Esc gives up"),
            ("Enter", "the next of a knob's words; switches thru"),
            ("mouse", "click, drag, or wheel (with Shift finely)"),
            ("u  U", "undo, redo: 100 steps, of the music too (also Ctrl+Z, Ctrl+Y)"),
            ("/", "A/B: to the other of two states of all knobs, and back"),
            ("L", "learn: then move a control; of a voice, choose what first"),
            ("F1-F9", "recall a preset; with Shift keep what plays now"),
        ),
    ),
    (
        "Screens",
        (
            ("o  i", "output ports, input ports"),
            ("p", "presets; 1-9 there keeps what plays now"),
            ("c", "learnt controls; L there has a pedal or pad do something"),
            ("g", "instrument"),
            ("h", "how pitches, steps and lengths are distributed"),
            ("l", "log of all that was said"),
            ("t", "dark or light; any theme by Ctrl+P, Theme; the last is remembered"),
            ("Ctrl+P", "every action by name"),
            ("q  Ctrl+C", "quit"),
        ),
    ),
)

# What Ctrl+P lists: the words, more words, the app's action.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("Play or pause", "Space", "play_pause"),
    ("Stop", "silence; the context is kept", "transport('stop')"),
    ("New", "forget the context and begin again", "transport('new')"),
    ("Again", "but different: from the same place, other notes", "transport('again')"),
    ("Back", "eight notes, and on from there", "transport('back')"),
    ("Keep this phrase", "to have more like it later", "transport('keep')"),
    ("More like this", "on from the phrase you kept", "transport('more')"),
    ("Less like this", "its last phrase, for the rest of the session", "transport('less')"),
    ("Panic", "silence everything at once", "transport('panic')"),
    ("Tap the tempo", "b, on each beat", "tap"),
    ("Save the take", "all that was played so far, for ever", "save"),
    ("Outputs", "open and close output ports", "outputs"),
    ("Inputs", "open and close input ports", "inputs"),
    ("Histograms", "of pitch, step and length, in place of the roll", "histograms"),
    ("Instrument", "choose by General MIDI name", "instrument"),
    ("Presets", "recall one, or keep what plays now", "presets"),
    ("Undo", "the last turn of a knob, a preset, or a step back", "undo"),
    ("Redo", "what was undone", "undo(True)"),
    ("A/B", "/, to the other of two states of all knobs, and back", "sides"),
    ("Learn a control", "move it, and it turns the knob you are at", "learn"),
    ("Learn a pedal or pad", "what it does at each press: panic, again, A/B…", "learn_deed"),
    ("Learnt controls", "what each turns; forget one", "controls"),
    ("Typed piano", "play on the computer keyboard", "piano"),
    ("Next page of knobs", "music, play, steer, time, voices, sound", "page(1)"),
    ("Defaults", "every knob to its default", "defaults"),
    ("Log", "all that was said", "log"),
    ("Help", "what the keys do", "help"),
    ("Dark or light", "change the colours", "theme"),
    ("Theme", "any of Textual's; the last is remembered", "change_theme"),
    ("Tour", "the first words again", "tour"),
    ("Save a picture", "an SVG of the screen in this folder", "picture"),
    ("Quit", "leave improv", "leave"),
)


def palette() -> list[tuple[str, str, str]]:
    """Those, and a way to each knob."""
    ways = [(f"Knob: {label(k)}", k.help, f"knob('{k.name}')") for k in KNOBS.values()]
    return [*COMMANDS, *ways]
