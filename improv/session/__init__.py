"""Where concrete things meet: messages, processes, wiring, offline rendering."""
