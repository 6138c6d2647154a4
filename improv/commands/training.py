"""What the commands of the train room share: it needs the extra that brings TensorFlow."""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from typing import Any

from improv.commands.saying import say
from improv.errors import InputError, UsageError


def run(command: str, options: argparse.Namespace) -> int:
    """Run `command` of improv.train.commands, with what libraries say sent to the log."""
    from improv.session.child import libraries_to_log

    try:
        with libraries_to_log("train"):
            from improv.train import commands

            result: dict[str, Any] = getattr(commands, command)(options, say)
    except ModuleNotFoundError as error:
        if error.name == "tensorflow" and find_spec("jax") is not None:
            raise UsageError(
                "JAX is here and TensorFlow is not; to train with JAX set KERAS_BACKEND=jax"
            ) from None
        raise InputError(
            f"training needs {error.name}; install it with: uv pip install 'improv-midi[train]'"
        ) from None
    if options.json:
        print(json.dumps(result))
    return 0
