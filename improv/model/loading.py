"""From a model's name to an improviser on the best device there is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from improv.errors import DeviceError, UsageError
from improv.model import choosing
from improv.model.choosing import Timing
from improv.model.listening import DistributionImproviser
from improv.model.pedalled import pedalled
from improv.model.spec import GRAPHLESS
from improv.model.store import ModelFolder, find
from improv.music.event import PEDALLED
from improv.play.interfaces import Branching

GPU_NODES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model, and why it is on the device it is on, for the musician."""

    improviser: Branching
    why: str


def load(model: str | Path | ModelFolder, device: str = "auto") -> Branching:
    """As `loaded`, for whom the device does not matter."""
    return loaded(model, device).improviser


def loaded(model: str | Path | ModelFolder, device: str = "auto") -> Loaded:
    """A model by name or folder, on "auto", "cpu" or "gpu".

    "auto" measures where there is a GPU and TensorFlow is installed, else it is the CPU. There
    LiteRT plays, and without it (it has no wheels for some platforms) TensorFlow. Raises
    ModelRefused, UsageError for an unknown model or device, DeviceError where nothing can play it.
    """
    if device not in {"auto", "cpu", "gpu"}:
        raise UsageError(f"device must be auto, cpu or gpu, not {device!r}")
    folder = model if isinstance(model, ModelFolder) else find(model)
    if folder.spec.architecture in GRAPHLESS:
        found = Loaded(_on(folder, "cpu"), "the cpu: it plays in NumPy, a bar in a few ms")
    elif device == "auto":
        found = fastest(folder)
    else:
        found = Loaded(_on(folder, device), f"the {device}, as was asked for")
    if folder.spec.durations == PEDALLED:
        return Loaded(pedalled(found.improviser), found.why)
    return found


def _on(folder: ModelFolder, device: str) -> Branching:
    if folder.spec.architecture in GRAPHLESS:
        from improv.model.bar_improviser import BarImproviser
        from improv.model.store import read_weights

        return BarImproviser(folder.name, read_weights(folder))
    if device == "gpu":
        return _tensorflow(folder, "gpu")
    try:
        from improv.model import litert  # optional
    except ImportError:
        return _tensorflow(folder, "cpu")
    return litert.improviser(folder)


def without_gpu() -> str:
    """Why no GPU can be measured here; nothing where one can."""
    if not gpu_present():
        return "there is no GPU here"
    if not tensorflow_installed():
        return "there is a GPU, but not TensorFlow; uv pip install 'improv-midi[gpu]'"
    return ""


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


def fastest(
    folder: ModelFolder,
    *,
    without: Callable[[], str] = without_gpu,
    on: Callable[[ModelFolder, str], Branching] = _on,
    timed: Callable[[Branching], Timing] = choosing.timed,
) -> Loaded:
    """A model on the device, or the two, that a measurement says are fastest.

    Args:
        folder: the model's.
        without: says why there is no GPU to be measured; nothing where there is one.
        on: loads the model on "cpu" or "gpu".
        timed: measures it there.
    """
    if words := without():
        return Loaded(on(folder, "cpu"), f"the cpu: {words}")
    try:
        gpu = on(folder, "gpu")
    except DeviceError as error:
        return Loaded(on(folder, "cpu"), f"the cpu: {error}")
    there = {"cpu": on(folder, "cpu"), "gpu": gpu}
    choice = choosing.chosen({device: timed(each) for device, each in there.items()})
    alone, together = there[choice.alone], there[choice.together]
    why = f"the {choice.alone}: {choice.why}"
    if alone is together:
        return Loaded(alone, why)
    if isinstance(alone, DistributionImproviser) and isinstance(together, DistributionImproviser):
        words = f"the {choice.alone}, and for futures the {choice.together}: {choice.why}"
        return Loaded(alone.with_chorus_of(together), words)
    return Loaded(alone, why)
