"""Kueue v0.19: its objects, its declarations and its decisions."""
