"""Which device plays, from what it was measured to take; no device is needed for that."""

from __future__ import annotations

import pytest

from improv.errors import DeviceError
from improv.model import choosing, loading
from improv.model.choosing import Timing
from improv.model.listening import DistributionImproviser
from improv.model.store import ModelFolder

SLOW_ALONE = {"cpu": Timing(0.0004, 0.0004), "gpu": Timing(0.003, 0.00005)}


def test_each_of_two_does_what_it_is_faster_at() -> None:
    """A GPU draws 32 notes in the time of one, and one no faster."""
    choice = choosing.chosen(SLOW_ALONE)
    assert (choice.alone, choice.together) == ("cpu", "gpu")
    assert "0.4 ms on the cpu, 3 ms on the gpu" in choice.why
    assert "0.05 ms on the gpu" in choice.why


def test_the_faster_does_all_where_it_is_faster_at_both() -> None:
    """Either way round."""
    fast, slow = Timing(0.001, 0.0001), Timing(0.02, 0.02)
    assert choosing.chosen({"cpu": slow, "gpu": fast}).alone == "gpu"
    assert choosing.chosen({"cpu": fast, "gpu": slow}).together == "cpu"


def test_where_every_device_is_slow_it_is_said() -> None:
    """It plays all the same."""
    why = choosing.chosen({"cpu": Timing(0.05, 0.05)}).why
    assert "late under a turned knob" in why


class Fake(DistributionImproviser):
    """A model on a device, with no network behind it."""

    def __init__(self, device: str) -> None:
        self.name, self.backend, self.device = "fake", device, device
        self._ear = self._chorus = self._lessons = None


def _fastest(folder: ModelFolder, timings: dict[str, Timing], without: str = "") -> loading.Loaded:
    return loading.fastest(
        folder,
        without=lambda: without,
        on=lambda _, device: Fake(device),
        timed=lambda improviser: timings[improviser.device],
    )


def test_auto_takes_the_cpu_where_there_is_no_gpu_and_measures_nothing(
    relative_folder: ModelFolder,
) -> None:
    """And says so."""
    found = _fastest(relative_folder, {}, without="there is no GPU here")
    assert found.improviser.backend == "cpu"
    assert found.why == "the cpu: there is no GPU here"


def test_auto_takes_the_gpu_where_it_is_measured_to_be_faster(relative_folder: ModelFolder) -> None:
    """At everything."""
    timings = {"cpu": Timing(0.02, 0.02), "gpu": Timing(0.001, 0.0001)}
    found = _fastest(relative_folder, timings)
    assert found.improviser.backend == "gpu"
    assert found.why.startswith("the gpu: a note alone takes 20 ms on the cpu, 1 ms on the gpu")


def test_auto_leaves_a_gpu_that_is_slower(relative_folder: ModelFolder) -> None:
    """A small network on a large card."""
    timings = {"cpu": Timing(0.0002, 0.0002), "gpu": Timing(0.003, 0.001)}
    assert _fastest(relative_folder, timings).improviser.backend == "cpu"


def test_auto_takes_both_where_each_is_faster_at_something(relative_folder: ModelFolder) -> None:
    """Single notes on one, futures on the other."""
    found = _fastest(relative_folder, SLOW_ALONE)
    assert found.why.startswith("the cpu, and for futures the gpu: ")


def test_auto_plays_on_where_the_gpu_does_not_work(relative_folder: ModelFolder) -> None:
    """With TensorFlow's own words, made ours."""

    def on(_: ModelFolder, device: str) -> Fake:
        if device == "gpu":
            raise DeviceError("TensorFlow finds no GPU")
        return Fake(device)

    found = loading.fastest(relative_folder, without=lambda: "", on=on)
    assert found.improviser.backend == "cpu"
    assert "TensorFlow finds no GPU" in found.why


def test_a_gpu_that_is_asked_for_and_not_there_is_refused(relative_folder: ModelFolder) -> None:
    """Exit 3, with what to do."""
    if loading.gpu_present():
        pytest.skip("there is a GPU here")
    with pytest.raises(DeviceError, match="--device cpu") as refused:
        loading.load(relative_folder, "gpu")
    assert refused.value.exit_code == 3
