"""Chance without a library: numbers that follow from a seed and a place alone."""

from __future__ import annotations

_MASK = 2**64 - 1


def uniform(seed: int, index: int) -> float:
    """A number from 0 to below 1: the same for the same two integers.

    SplitMix64's finaliser (Steele, Lea and Flood 2014), twice.
    """
    return _mixed(_mixed(seed & _MASK) ^ (index & _MASK)) / 2**64


def _mixed(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
