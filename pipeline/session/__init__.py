"""What a review remembers: one SQLite file beside the video."""
