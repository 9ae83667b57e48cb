"""Measurements beside the alternatives: `python -m tests.bench matching`."""
