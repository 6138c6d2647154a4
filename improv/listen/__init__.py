"""From key events to what was heard; pure."""
