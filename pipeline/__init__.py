"""Turns video into people and remembers them. Knows no window."""
