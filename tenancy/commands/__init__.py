"""The verbs of the command line that live in this package."""
