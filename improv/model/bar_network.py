"""The network that generates bars: what it is made of, and how it goes, on NumPy and on Keras.

After Yang, Chou and Yang 2017, "MidiNet: a convolutional generative adversarial network for
symbolic-domain music generation". Noise and the chord go through two dense layers and transposed
convolutions that double the steps, 2 to 16; convolutions of the bar before, halving the steps, are
joined to each of them, and so is the chord. Of ours are the columns for notes that go on and for
rests (improv.music.bar), a normalisation by step instead of by batch, since live there is a batch
of one, and a part of the last layer that moves with transposition: for each pitch, what sounded
around it in the bar before (2-D convolution) and where it stands in the chord (1-D convolution
around the octave), weighed by each step.

`logits` is written in operations that NumPy and keras.ops have under the same names and with the
same arguments, so the network that plays is the one that was trained. This file imports neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from improv.music.bar import CHORD, COLUMNS
from improv.music.event import PITCHES
from improv.music.scale import OCTAVE

NOISE = 64  # numbers a bar is drawn from
BEATS = 4  # that the bar before is heard in, for the part that moves with transposition
REACH = 12  # semitones up and down that part hears around a pitch
NEAR, FAR = 32, 24  # its channels
WIDTHS = (2, 4, 8, 16)  # steps of the layers
FEWEST = 16  # units: less leaves the convolutions nothing
_CHORDS = 2 * OCTAVE  # pitch classes above the root of a major chord, and of a minor one


def shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Of every array of the weights, by its name."""
    heard = units // 4  # channels of the convolutions of the bar before
    joined = units + heard + CHORD
    found: dict[str, tuple[int, ...]] = {
        "noise/kernel": (NOISE + CHORD, 4 * units),
        "noise/bias": (4 * units,),
        "bar/kernel": (4 * units, WIDTHS[0] * units),
        "bar/bias": (WIDTHS[0] * units,),
    }
    for width in reversed(WIDTHS):
        into = COLUMNS if width == WIDTHS[-1] else 2 * heard
        found |= {f"before_{width}/kernel": (into, heard), f"before_{width}/bias": (heard,)}
    for width in WIDTHS[1:]:
        found |= {f"up_{width}/kernel": (joined, 2 * units), f"up_{width}/bias": (units,)}
    return found | {
        "mix/kernel": (3 * joined, units),
        "mix/bias": (units,),
        "out/kernel": (units, COLUMNS),
        "out/bias": (COLUMNS,),
        "near/kernel": (BEATS * (2 * REACH + 1), NEAR),
        "near/chord": (_CHORDS, NEAR),
        "near/register": (PITCHES, NEAR),
        "far/kernel": (NEAR, FAR),
        "far/weighed": (units, FAR),
    }


def deaf(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a network that is told neither the bar before nor the chord.

    What takes them in is 0, and stays so in training, since what is 0 there has no gradient.
    """
    found = {name: weight.copy() for name, weight in weights.items()}
    for name in ("before_16/kernel", "near/kernel", "near/chord"):
        found[name][:] = 0.0
    found["noise/kernel"][NOISE:] = 0.0
    joined = found["up_4/kernel"].shape[0]
    for name in ("up_4", "up_8", "up_16", "mix"):
        kernel = found[f"{name}/kernel"]
        for end in range(joined, len(kernel) + 1, joined):
            kernel[end - CHORD : end] = 0.0
    return found


def logits(
    ops: Any, weights: Mapping[str, Any], noise: Any, before: Any, sounding: Any, chord: Any
) -> Any:
    """(batch, STEPS, COLUMNS): what each step of a bar may be.

    Args:
        ops: numpy or keras.ops.
        weights: as in `shapes`.
        noise: (batch, NOISE), normally distributed.
        before: (batch, STEPS, COLUMNS) the bar before, times how far it is gone by.
        sounding: (batch, BEATS, PITCHES) how much of each of its beats sounds; likewise.
        chord: (batch, CHORD).
    """

    def dense(name: str, line: Any) -> Any:
        return ops.matmul(line, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]

    def joined(line: Any) -> Any:
        width = line.shape[1]
        harmony = ops.repeat(ops.expand_dims(chord, 1), width, axis=1)  # (batch, width, CHORD)
        return ops.concatenate([line, heard[width], harmony], axis=-1)

    units = weights["mix/bias"].shape[0]
    heard: dict[int, Any] = {}
    line = before
    for width in reversed(WIDTHS):
        if width != WIDTHS[-1]:  # a convolution of two steps, by two steps
            line = ops.reshape(line, (-1, width, 2 * line.shape[-1]))
        line = heard[width] = _leaky(ops, dense(f"before_{width}", line))

    line = ops.concatenate([noise, chord], axis=-1)
    line = _leaky(ops, dense("noise", line))
    line = ops.reshape(dense("bar", line), (-1, WIDTHS[0], units))
    line = _normal(ops, _leaky(ops, line))
    for width in WIDTHS[1:]:  # a transposed convolution of two steps, by two steps
        line = ops.matmul(joined(line), weights[f"up_{width}/kernel"])
        line = ops.reshape(line, (-1, width, units)) + weights[f"up_{width}/bias"]
        line = _normal(ops, _leaky(ops, line))
    line = joined(line)
    around = ops.pad(line, ((0, 0), (1, 1), (0, 0)))
    line = ops.concatenate([around[:, :-2], line, around[:, 2:]], axis=-1)
    line = _normal(ops, _leaky(ops, dense("mix", line)))  # (batch, STEPS, units)

    by_pitch = _by_pitch(ops, weights, sounding, chord)  # (batch, PITCHES, FAR)
    weighed = ops.matmul(line, weights["far/weighed"])
    moving = ops.matmul(weighed, ops.transpose(by_pitch, (0, 2, 1)))  # (batch, STEPS, PITCHES)
    return dense("out", line) + ops.pad(moving, ((0, 0), (0, 0), (0, COLUMNS - PITCHES)))


def _by_pitch(ops: Any, weights: Mapping[str, Any], sounding: Any, chord: Any) -> Any:
    """(batch, PITCHES, FAR): what the bar before and the chord say of each pitch."""
    padded = ops.pad(sounding, ((0, 0), (0, 0), (REACH, REACH)))
    slices = [padded[:, :, up : up + PITCHES] for up in range(2 * REACH + 1)]
    around = ops.concatenate(slices, axis=1)  # (batch, (2 * REACH + 1) * BEATS, PITCHES)
    near = ops.matmul(ops.transpose(around, (0, 2, 1)), weights["near/kernel"])
    root, minor = chord[:, :OCTAVE], chord[:, OCTAVE:]
    kinds = ops.concatenate([root * (1.0 - minor), root * minor], axis=-1)  # (batch, 2 * 12)
    # the chord around the octave: row p of `turned` is the kernel as it stands at pitch class p
    kernel = ops.reshape(weights["near/chord"], (2, OCTAVE, NEAR))
    doubled = ops.concatenate([kernel[:, ::-1], kernel[:, ::-1]], axis=1)
    turned = ops.stack(
        [doubled[:, OCTAVE - 1 - p : 2 * OCTAVE - 1 - p] for p in range(OCTAVE)]
    )  # (12, 2, 12, NEAR): of pitch class p over root r the kernel at (p - r) % 12
    turned = ops.reshape(ops.transpose(turned, (1, 2, 0, 3)), (_CHORDS, OCTAVE * NEAR))
    harmony = ops.reshape(ops.matmul(kinds, turned), (-1, OCTAVE, NEAR))
    octaves = -(-PITCHES // OCTAVE)
    harmony = ops.concatenate([harmony] * octaves, axis=1)[:, :PITCHES]
    near = _leaky(ops, near + harmony + weights["near/register"])
    return ops.matmul(near, weights["far/kernel"])


def _leaky(ops: Any, line: Any) -> Any:
    return ops.maximum(line, 0.2 * line)


def _normal(ops: Any, line: Any) -> Any:
    """Each step by itself at a mean square of 1 (Karras et al. 2018, "Progressive growing")."""
    return line / ops.sqrt(ops.mean(ops.square(line), axis=-1, keepdims=True) + 1e-6)
