"""Job histories: one reader per format."""
