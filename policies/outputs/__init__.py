"""How findings are written: one reporter per format."""
