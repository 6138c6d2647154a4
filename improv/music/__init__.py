"""What a note is; pure, no I/O."""
