"""A JACK server that stops under us, and comes back."""

from __future__ import annotations

from rig.support import JackServer, wait_for

from improv.ports.backend import Backend, PortWatch
from improv.ports.midi import open_input, open_output
from improv.ports.spec import parse_spec

SPEC = parse_spec("virtual:improv")


def test_ports_are_seen_to_be_gone_and_can_be_made_again(mortal: JackServer) -> None:
    """Within a look the lists are empty; with a new server, the same watch sees new ports."""
    watch = PortWatch(Backend.JACK)
    output, source = open_output(SPEC), open_input(SPEC, lambda _: None)
    assert output.is_there(watch.look())
    assert source.is_there(watch.look())
    mortal.stop()
    wait_for(lambda: not output.is_there(watch.look()), 2)
    assert not source.is_there(watch.look())
    assert watch.look().inputs == ()
    output.close()
    source.close()
    mortal.start()
    again = open_output(SPEC)
    assert again.port == "improv:out"
    assert again.is_there(watch.look())
    again.close()
    watch.close()
