"""The two networks of MediaPipe Pose as graphs of our own, which keep no state.

`mediapipe.solutions.pose` finds one person a call, and what it finds depends on the frames before. The
networks it wraps can do more: the detector sees every person it has room for, and the landmark network
takes any region. So each gets a graph here, built from the calculators and options of
`pose_landmark_cpu.binarypb` (MediaPipe 0.10.21). Cropping, thresholds, tracking and the way back to
the picture are plain code of this folder, and the same picture always gives the same answer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, Image

# The solution's own constants: sizes of the networks' inputs in px.
DETECTOR_SIZE = 224
LANDMARK_SIZE = 256

_DETECTOR = """
input_stream: "image"
output_stream: "detections"
node {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image" output_stream: "TENSORS:input" output_stream: "LETTERBOX_PADDING:padding"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: 224 output_tensor_height: 224 keep_aspect_ratio: true
    output_tensor_float_range { min: -1 max: 1 } border_mode: BORDER_ZERO gpu_origin: TOP_LEFT } }
}
node {
  calculator: "SsdAnchorsCalculator"
  output_side_packet: "anchors"
  options { [mediapipe.SsdAnchorsCalculatorOptions.ext] {
    input_size_width: 224 input_size_height: 224 min_scale: 0.1484375 max_scale: 0.75
    anchor_offset_x: 0.5 anchor_offset_y: 0.5 num_layers: 5
    strides: 8 strides: 16 strides: 32 strides: 32 strides: 32 aspect_ratios: 1 fixed_anchor_size: true } }
}
node {
  calculator: "InferenceCalculator"
  input_stream: "TENSORS:input" output_stream: "TENSORS:output"
  options { [mediapipe.InferenceCalculatorOptions.ext] {
    model_path: "mediapipe/modules/pose_detection/pose_detection.tflite" delegate { xnnpack {} } } }
}
node {
  calculator: "TensorsToDetectionsCalculator"
  input_stream: "TENSORS:output" input_side_packet: "ANCHORS:anchors" output_stream: "DETECTIONS:raw"
  options { [mediapipe.TensorsToDetectionsCalculatorOptions.ext] {
    num_classes: 1 num_boxes: 2254 num_coords: 12 box_coord_offset: 0 keypoint_coord_offset: 4
    num_keypoints: 4 num_values_per_keypoint: 2 sigmoid_score: true score_clipping_thresh: 100
    reverse_output_order: true x_scale: 224 y_scale: 224 w_scale: 224 h_scale: 224
    min_score_thresh: THRESHOLD } }
}
node {
  calculator: "NonMaxSuppressionCalculator"
  input_stream: "raw" output_stream: "kept"
  options { [mediapipe.NonMaxSuppressionCalculatorOptions.ext] {
    min_suppression_threshold: 0.3 overlap_type: INTERSECTION_OVER_UNION algorithm: WEIGHTED } }
}
node {
  calculator: "DetectionLetterboxRemovalCalculator"
  input_stream: "DETECTIONS:kept" input_stream: "LETTERBOX_PADDING:padding"
  output_stream: "DETECTIONS:detections"
}
"""

_LANDMARKS = """
input_stream: "image"
output_stream: "score"
output_stream: "landmarks"
output_stream: "world"
output_stream: "mask"
node {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image" output_stream: "TENSORS:input"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: 256 output_tensor_height: 256 keep_aspect_ratio: true
    output_tensor_float_range { min: 0 max: 1 } } }
}
node {
  calculator: "InferenceCalculator"
  input_stream: "TENSORS:input" output_stream: "TENSORS:output"
  options { [mediapipe.InferenceCalculatorOptions.ext] {
    model_path: "mediapipe/modules/pose_landmark/pose_landmark_full.tflite" delegate { xnnpack {} } } }
}
node {
  calculator: "SplitTensorVectorCalculator"
  input_stream: "output"
  output_stream: "landmark_tensor" output_stream: "flag_tensor" output_stream: "mask_tensor"
  output_stream: "heatmap_tensor" output_stream: "world_tensor"
  options { [mediapipe.SplitVectorCalculatorOptions.ext] {
    ranges { begin: 0 end: 1 } ranges { begin: 1 end: 2 } ranges { begin: 2 end: 3 }
    ranges { begin: 3 end: 4 } ranges { begin: 4 end: 5 } } }
}
node {
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:flag_tensor" output_stream: "FLOAT:score"
}
node {
  calculator: "TensorsToLandmarksCalculator"
  input_stream: "TENSORS:landmark_tensor" output_stream: "NORM_LANDMARKS:coarse"
  options { [mediapipe.TensorsToLandmarksCalculatorOptions.ext] {
    num_landmarks: 39 input_image_width: 256 input_image_height: 256
    visibility_activation: SIGMOID presence_activation: SIGMOID } }
}
node {
  calculator: "RefineLandmarksFromHeatmapCalculator"
  input_stream: "NORM_LANDMARKS:coarse" input_stream: "TENSORS:heatmap_tensor"
  output_stream: "NORM_LANDMARKS:landmarks"
}
node {
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:world_tensor" output_stream: "FLOATS:world"
}
node {
  calculator: "TensorsToSegmentationCalculator"
  input_stream: "TENSORS:mask_tensor" output_stream: "MASK:mask"
  options { [mediapipe.TensorsToSegmentationCalculatorOptions.ext] { gpu_origin: TOP_LEFT activation: SIGMOID } }
}
"""


@dataclass(frozen=True)
class Detection:
    """A person as the detector sees one.

    Attributes:
        score: In [0, 1].
        hips: (2,) px, the middle of the hips.
        rim: (2,) px, a point on the circle around the whole person; the body's long axis points at it.
    """

    score: float
    hips: Float
    rim: Float


@dataclass(frozen=True)
class RawPose:
    """What the landmark network says about one square region.

    Attributes:
        score: Probability that a person fills the region, in [0, 1].
        points: (39, 3) px of the network's input: x right, y down, z away, on the scale of x; 33 and 34
            are the middle of the hips and the rim of the circle around the person.
        visibility: (39,) in [0, 1], probability that the point is in the region and not hidden.
        presence: (39,) in [0, 1], probability that the point is in the region.
        world: (39, 3) m, relative to the middle of the hips, axes of the region.
        mask: (256, 256) probability that a pixel shows the person.
    """

    score: float
    points: Float
    visibility: Float
    presence: Float
    world: Float
    mask: Float


def _graph(text: str, types: dict[str, Any]) -> Any:
    """Start a graph.

    Raises:
        RuntimeError: MediaPipe cannot make it.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    # The solution's module registers the option types that the text names.
    from google.protobuf import text_format
    from mediapipe.framework import calculator_pb2
    from mediapipe.python.solution_base import SolutionBase
    from mediapipe.python.solutions import pose as _registers_options  # noqa: F401

    config = text_format.Parse(text, calculator_pb2.CalculatorGraphConfig())
    return SolutionBase(graph_config=config, stream_type_hints=types)


class PoseDetector:
    """MediaPipe's person detector: all the people of a picture that are large enough in it."""

    def __init__(self, threshold: float) -> None:
        from mediapipe.python.solution_base import PacketDataType

        types = {"image": PacketDataType.IMAGE_FRAME, "detections": PacketDataType.PROTO_LIST}
        self._graph = _graph(_DETECTOR.replace("THRESHOLD", str(threshold)), types)

    def detect(self, image: Image) -> list[Detection]:
        """Find people in an (H, W, 3) picture; it is scaled into 224 x 224 px."""
        height, width = image.shape[:2]
        found = self._graph.process(np.ascontiguousarray(image)).detections or []
        size = np.array([width, height], np.float32)
        return [_detection(one, size) for one in found]

    def close(self) -> None:
        """End the graph."""
        self._graph.close()


def _detection(proto: Any, size: Float) -> Detection:
    points = proto.location_data.relative_keypoints
    hips, rim = (np.array([points[k].x, points[k].y], np.float32) * size for k in (0, 1))
    return Detection(float(proto.score[0]), hips, rim)


class LandmarkNetwork:
    """MediaPipe's landmark network, on one square region at a time."""

    def __init__(self) -> None:
        from mediapipe.python.solution_base import PacketDataType

        types = {
            "image": PacketDataType.IMAGE_FRAME,
            "score": PacketDataType.FLOAT,
            "landmarks": PacketDataType.PROTO,
            "world": PacketDataType.FLOAT_LIST,
            "mask": PacketDataType.IMAGE,
        }
        self._graph = _graph(_LANDMARKS, types)

    def run(self, region: Image) -> RawPose:
        """Find the landmarks in a (256, 256, 3) region."""
        out = self._graph.process(np.ascontiguousarray(region))
        rows = [(p.x, p.y, p.z, p.visibility, p.presence) for p in out.landmarks.landmark]
        table: npt.NDArray[np.float32] = np.array(rows, np.float32)
        return RawPose(
            score=float(out.score),
            points=table[:, :3] * LANDMARK_SIZE,
            visibility=table[:, 3],
            presence=table[:, 4],
            world=np.array(out.world, np.float32).reshape(-1, 3),
            mask=np.array(out.mask, np.float32).reshape(LANDMARK_SIZE, LANDMARK_SIZE),
        )

    def close(self) -> None:
        """End the graph."""
        self._graph.close()
