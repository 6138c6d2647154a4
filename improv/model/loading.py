"""From a model's name to an improviser on the best device there is."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from improv.errors import DeviceError, UsageError
from improv.model.pedalled import Pedalled
from improv.model.store import ModelFolder, find
from improv.music.event import PEDALLED
from improv.play.interfaces import Branching

GPU_NODES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def load(model: str | Path | ModelFolder, device: str = "auto") -> Branching:
    """A model by name or folder, on "auto", "cpu" or "gpu".

    "auto" takes TensorFlow where it is installed and there is a GPU, else LiteRT; without LiteRT
    (it has no wheels for some platforms) TensorFlow plays on the CPU. Raises ModelRefused,
    UsageError for an unknown model or device, DeviceError where nothing can play it.
    """
    if device not in {"auto", "cpu", "gpu"}:
        raise UsageError(f"device must be auto, cpu or gpu, not {device!r}")
    folder = model if isinstance(model, ModelFolder) else find(model)
    playing = _on(folder, device)
    return Pedalled(playing) if folder.spec.durations == PEDALLED else playing


def _on(folder: ModelFolder, device: str) -> Branching:
    if device == "gpu":
        return _tensorflow(folder, "gpu")
    if device == "auto" and gpu_present() and tensorflow_installed():
        try:
            return _tensorflow(folder, "gpu")
        except DeviceError:  # a GPU that TensorFlow can't use: the CPU is fast enough
            pass
    try:
        from improv.model import litert  # optional
    except ImportError:
        return _tensorflow(folder, "cpu")
    return litert.improviser(folder)


def gpu_present() -> bool:
    """True where the system shows a GPU's device node; asking TensorFlow would take seconds."""
    return any(Path(node).exists() for node in GPU_NODES)


def tensorflow_installed() -> bool:
    return importlib.util.find_spec("tensorflow") is not None


def _tensorflow(folder: ModelFolder, device: str) -> Branching:
    try:
        from improv.model import tensorflow_backend  # optional, slow to import
    except ImportError as error:
        fix = (
            "uv pip install 'improv-midi[gpu]'"
            if device == "gpu"
            else "uv pip install ai-edge-litert"
        )
        raise DeviceError(
            f"nothing here can run the model on the {device} ({error.name} is missing); "
            f"install it with: {fix}"
        ) from error
    return tensorflow_backend.improviser(folder, device)
