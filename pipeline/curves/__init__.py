"""Curves over time: what a person's numbers do from frame to frame, to be plotted and exported."""
