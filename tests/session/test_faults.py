"""What a port could not do is said once, and counted in the report."""

from __future__ import annotations

from dataclasses import dataclass

from improv.session.faults import Faults


@dataclass(eq=False)
class Port:
    """A port that counts, as rtmidi's inputs and FluidSynth do."""

    name: str
    faults: int = 0


@dataclass(eq=False)
class Plain:
    """A port that does not: a take, say."""

    name: str = "file:take.mid"


def test_the_first_fault_of_a_port_is_said_and_the_others_are_counted():
    """By the port's name, with what it means."""
    faults, keyboard, synth = Faults(), Port("port:Keystep"), Port("fluidsynth")
    assert faults.look([keyboard], [synth, Plain()]) == []
    assert faults.by_port == ()
    synth.faults = 2
    (said,) = faults.look([keyboard], [synth, Plain()])
    assert said.startswith("fluidsynth would not do what it was told")
    keyboard.faults, synth.faults = 1, 5
    (said,) = faults.look([keyboard], [synth])
    assert said.startswith("a message from port:Keystep was lost")
    assert faults.look([keyboard], [synth]) == []
    assert faults.by_port == (("fluidsynth", 5), ("port:Keystep", 1))


def test_a_port_that_is_opened_again_adds_to_its_count():
    """It begins at nothing; the report is of the whole session."""
    faults = Faults()
    faults.look([Port("port:Keystep", 2)], [])
    assert len(faults.look([Port("port:Keystep", 1)], [])) == 1
    assert faults.by_port == (("port:Keystep", 3),)
