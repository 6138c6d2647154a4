"""Each command of `improv` in a module of its name: its options, and what it does."""
