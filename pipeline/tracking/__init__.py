"""The parts of `pipeline.track`: what is seen, where it is expected, how well the two agree."""
