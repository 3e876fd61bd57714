"""Introduces windows and pipeline to each other: threads, wiring, window, command line."""
