"""The ways out: one table from which the dialog, the command line and the documentation are made."""

from __future__ import annotations

from types import MappingProxyType

from pipeline.formats.boxes import BOXES
from pipeline.formats.bvh import BVH
from pipeline.formats.coco import COCO
from pipeline.formats.csv_table import CSV
from pipeline.formats.format import ExportSource, Format, Option, Written
from pipeline.formats.glb import GLB
from pipeline.formats.jsonlines import JSON_LINES
from pipeline.formats.mesh_files import MESH_FILES
from pipeline.formats.mot import MOT
from pipeline.formats.npz import AMASS
from pipeline.formats.openpose_json import OPENPOSE_JSON
from pipeline.formats.overlay_video import OVERLAY_VIDEO
from pipeline.formats.parquet import PARQUET
from pipeline.formats.phalp import PHALP
from pipeline.formats.png_frames import PNG_FRAMES
from pipeline.formats.preview import preview
from pipeline.formats.trc import TRC

FORMATS = MappingProxyType(
    {
        format.key: format
        for format in (
            PHALP,
            AMASS,
            BVH,
            GLB,
            TRC,
            MESH_FILES,
            COCO,
            OPENPOSE_JSON,
            MOT,
            BOXES,
            JSON_LINES,
            CSV,
            PARQUET,
            OVERLAY_VIDEO,
            PNG_FRAMES,
        )
    }
)

__all__ = ["FORMATS", "ExportSource", "Format", "Option", "Written", "preview"]
