"""Deciding what sounds when; pure but for clock.py and loop.py."""
