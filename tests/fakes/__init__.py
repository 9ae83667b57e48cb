"""Stand-ins for what is not ours; each has tests of its own."""
