"""MIDI ports, FluidSynth and MIDI files; the only room that knows their libraries."""
