"""The pose service: one engine behind HTTP. Needs the extra `serve`; knows no window."""
