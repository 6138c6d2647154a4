"""How a musician names ports."""

from __future__ import annotations

import pytest

from improv.errors import UsageError
from improv.ports.spec import Kind, PortSpec, parse_spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("virtual", PortSpec(Kind.VIRTUAL, "improv")),
        ("virtual:left hand", PortSpec(Kind.VIRTUAL, "left hand")),
        ("port:Arturia KeyStep 37", PortSpec(Kind.PORT, "Arturia KeyStep 37")),
        ("port:synth:midi_00", PortSpec(Kind.PORT, "synth:midi_00")),
        (" FluidSynth ", PortSpec(Kind.FLUIDSYNTH)),
        ("file:takes/one.mid", PortSpec(Kind.FILE, "takes/one.mid")),
        ("none", PortSpec(Kind.NONE)),
    ],
)
def test_each_kind_of_port_has_a_spelling(text: str, spec: PortSpec) -> None:
    """A spec is read as the port it means, and its own spelling is read back as itself."""
    assert parse_spec(text) == spec
    assert parse_spec(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"not a port: ''; use virtual"),
        ("KeyStep", r"not a port: 'KeyStep'; use virtual\[:NAME\], port:NAME"),
        ("port:", r"port: needs a name"),
        ("port", r"port: needs a name"),
        ("virtual:a:b", r"no colon: 'a:b'"),
        ("virtual:" + "x" * 41, r"at most 40 characters"),
        ("virtual:a\nb", r"no colon"),
        ("file:take.wav", r"a take is a \.mid file: 'take\.wav'"),
        ("fluidsynth:piano", r"fluidsynth takes no name"),
        ("none:", r"none takes no name"),
    ],
)
def test_what_is_no_port_is_refused_with_what_is_allowed(text: str, says: str) -> None:
    """The error names what was received and what would do."""
    with pytest.raises(UsageError, match=says):
        parse_spec(text)
