"""What must not happen: rules, reviews and their outputs."""
