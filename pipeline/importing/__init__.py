"""Results that other programs computed, read, matched with a video, and put into its session."""

from __future__ import annotations

from pipeline.importing.content import Content, Place, place_of
from pipeline.importing.entering import Entered, Entering, import_all
from pipeline.importing.formats import (
    IMPORTS,
    ImportFormat,
    import_suffixes,
    read_boxes,
    read_files,
    recognise,
)
from pipeline.importing.matching import Match, Wish, match
from pipeline.importing.report import described, summary

__all__ = [
    "IMPORTS",
    "Content",
    "Entered",
    "Entering",
    "ImportFormat",
    "Match",
    "Place",
    "Wish",
    "described",
    "import_all",
    "import_suffixes",
    "match",
    "place_of",
    "read_boxes",
    "read_files",
    "recognise",
    "summary",
]
