"""The video's camera: its focal length, a solved camera's motion, and the floor it looks at."""
