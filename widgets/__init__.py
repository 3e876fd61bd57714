"""Shows values and reports wishes. Knows no engine, session or thread."""
