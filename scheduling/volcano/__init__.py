"""Volcano v1.14: its objects and declarations."""
