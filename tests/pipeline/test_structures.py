import numpy as np
import pytest

from pipeline.structures import Changes, Detections, Frame, Keypoints, Track


def test_shapes_are_checked_and_must_agree():
    with pytest.raises(ValueError, match=r"Detections.scores has shape \(3,\)"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=r"Keypoints\.body"):
        Keypoints(
            "x",
            np.zeros((1, 5, 2), np.float32),
            np.zeros((1, 5), np.float32),
            np.zeros((1, 4, 3), np.float32),
        )


def test_arrays_cannot_be_written_to():
    frame = Frame(0, 0, 0.0, np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0, 0] = 1


def test_masks_must_be_as_many_as_boxes():
    with pytest.raises(ValueError, match="1 masks for 2 boxes"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(2, np.float32), (None,))


def test_changes_add_up():
    both = Changes(frozenset({1})) | Changes(frozenset({2}), tracks=True)
    assert (both.frames, both.tracks, both.history) == (frozenset({1, 2}), True, False)
    assert (both | Changes(None)).frames is None


def test_a_track_without_a_name_is_called_by_its_number():
    assert Track(3, "", (0, 0, 0), True, 1, 0, 0).title == "Person 3"
    assert Track(3, "Ann", (0, 0, 0), True, 1, 0, 0).title == "Ann"
