"""The tests of posbot, and what they need."""
