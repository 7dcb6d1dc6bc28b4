"""What the promise means to a scheduler: no clock, no files."""
