"""The engine of another machine, asked over HTTP: `retake serve` is at the other end."""
