"""The error tree. Every message says what was wrong, what was found and what to do.

::

    ImprovError
    ├── UsageError        exit 2   a wrong option, value or configuration key
    ├── InputError        exit 2   nothing usable in a file the user gave, or heard
    ├── DeviceError       exit 3   a port, sound device or system library is missing
    └── ModelRefused      exit 4   a model folder that improv will not load
"""


class ImprovError(Exception):
    """Something a musician can act on; the text is one sentence for the terminal."""

    exit_code = 1


class UsageError(ImprovError):
    """A wrong option, value or configuration key."""

    exit_code = 2


class InputError(ImprovError):
    """Nothing usable in a file the user gave, or nothing heard where something was to be."""

    exit_code = 2


class DeviceError(ImprovError):
    """A port, sound device or system library is missing."""

    exit_code = 3


class ModelRefused(ImprovError):  # noqa: N818  # a refusal, in the words of the README
    """A model folder that is incomplete, damaged, from another version or not safe."""

    exit_code = 4
