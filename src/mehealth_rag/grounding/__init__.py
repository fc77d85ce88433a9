"""Grounding: whether a sentence is carried by quotes. Pure functions over plain values."""
