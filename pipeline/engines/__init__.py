"""Engines, each in a process of its own: what they are, how they are installed, asked and ended."""
