"""MediaPipe Pose, several people a frame, and SMPL bodies fitted to its landmarks."""
