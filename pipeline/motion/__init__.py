"""Motion of one track over time: gaps filled, jitter smoothed."""
