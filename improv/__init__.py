"""improv, a live MIDI improviser: play a phrase, and it goes on from it.

How a note flows (three processes, two pipes)::

    keyboard -> ports/midi -> play/loop (one inbox) -> play/engine -> play/scheduler -> ports
                                  ^        |
          terminal (ui) ----------+        +----------> model process (model, play/sampling)
          Commands in, Reports out           Requests out, Proposals in

Layers, each importing only those below it (checked by import-linter):

    cli          finds the command
    commands     each command in a module of its name; play starts processes and the screen
    ui | train   the Textual screen | datasets, fitting, evaluation
    session      where concrete things meet: messages, the player and model processes, rendering
    config       TOML files -> frozen dataclasses
    ports | model   MIDI, FluidSynth, MIDI files | networks, predictors, model folders
    play         params, sampling, scheduler, engine: decisions, pure but for the loop
    listen       events -> what was heard: pairing, context, turns
    music        what a note is
    errors       the error tree

Where to look: stuck note -> play/ledger.py; late note -> play/scheduler.py;
one output behind another -> play/outbox.py; too random ->
play/sampling.py; wrong notes in a key -> play/steering.py; goes in circles -> play/guard.py; comes
too soon, too many at once -> play/steps.py; how it plays with you -> play/modes.py; what is
planned -> play/planning.py; off the beat -> play/tempo.py; bars beside their lines ->
model/bar_improviser.py; answers too early -> listen/turns.py;
pedals -> listen/sustain.py; a knob turned from elsewhere -> session/desk.py; a new knob ->
play/params.py, then ui/panel.py; a new device -> one file in ports/.
"""
