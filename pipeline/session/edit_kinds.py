"""Edits as text, for the session's history, and several edits as one step."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from pipeline.errors import SessionError
from pipeline.session.cell_text import pack_cells, unpack_cells
from pipeline.session.edits import (
    AssignPerson,
    Edit,
    ReassignTrack,
    RecolorTrack,
    RenameTrack,
    SetCells,
    ShowTrack,
    UseVersion,
)
from pipeline.session.layer_edits import BringLayerBack, RemoveLayer, SwitchLayer
from pipeline.session.review_edits import (
    AddNote,
    ChangeNote,
    ChangeSetting,
    IgnoreProblem,
    PutNoteBack,
    RemoveNote,
    SetVerdict,
    SetVerdicts,
)
from pipeline.session.run_edits import BringBackRun, TakeBackRun
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack, SplitTrack, SwapTracks
from pipeline.session.tracks import Cell
from pipeline.structures import Changes

_FEW = 32
"""So many people are written one by one in an edit, more as packed columns."""


@dataclass(frozen=True, slots=True)
class Several:
    """Edits done one after the other as one step."""

    edits: tuple[Edit, ...]
    label: str

    def apply(self, store: Store) -> Several:
        """Do them all; what changed nothing is left out of the inverse."""
        inverses = [(edit, edit.apply(store)) for edit in self.edits]
        changed = [back for edit, back in inverses if back != edit and back.touched() != Changes()]
        return Several(tuple(reversed(changed)), self.label)

    def touched(self) -> Changes:
        """What any of them touches."""
        changes = Changes()
        for edit in self.edits:
            changes |= edit.touched()
        return changes

    def top_track(self) -> int:
        """The highest track any of them names."""
        return max((edit.top_track() for edit in self.edits), default=0)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Several:
        """From what JSON makes of it."""
        return cls(tuple(_from_plain(edit) for edit in fields["edits"]), fields["label"])


_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(RenameTrack, RecolorTrack, ShowTrack, SetCells, AssignPerson, ReassignTrack, UseVersion),
        *(
            SetVerdict,
            SetVerdicts,
            AddNote,
            ChangeNote,
            RemoveNote,
            PutNoteBack,
            IgnoreProblem,
            ChangeSetting,
        ),
        *(RemoveLayer, BringLayerBack, SwitchLayer),
        *(TakeBackRun, BringBackRun),
        *(SwapTracks, SplitTrack, DeleteFromTrack),
        Several,
    )
}


def to_json(edit: Edit) -> str:
    """An edit as text, for the session's history."""
    return json.dumps(_to_plain(edit), separators=(",", ":"))


def from_json(text: str) -> Edit:
    """An edit from its text.

    Raises:
        SessionError: It is an edit of a newer program, or damaged.
    """
    try:
        return _from_plain(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SessionError(
            "This step of the history cannot be read.", "Update Retake, then try again."
        ) from error


def _to_plain(edit: Edit) -> dict[str, Any]:
    if isinstance(edit, Several):
        return {"edit": "Several", "edits": [_to_plain(one) for one in edit.edits], "label": edit.label}
    if isinstance(edit, SetCells) and len(edit.cells) > _FEW:
        return {"edit": "SetCells", "cells": pack_cells(edit.cells), "label": edit.label}
    names = [field.name for field in dataclasses.fields(edit)]  # type: ignore[arg-type]  # a protocol cannot say dataclass
    fields = {name: getattr(edit, name) for name in names}
    plain = {name: dataclasses.asdict(v) if dataclasses.is_dataclass(v) else v for name, v in fields.items()}  # type: ignore[arg-type]  # an instance, not a class
    return {"edit": type(edit).__name__, **plain}


def _from_plain(fields: dict[str, Any]) -> Edit:
    kind = _KINDS[fields.pop("edit")]
    if hasattr(kind, "from_fields"):
        read: Edit = kind.from_fields(fields)
        return read
    if "cells" in fields:
        fields["cells"] = _cells(fields["cells"])
    edit: Edit = kind(**{name: _tupled(value) for name, value in fields.items()})
    return edit


def _cells(plain: Any) -> tuple[Cell, ...]:
    return unpack_cells(plain) if isinstance(plain, str) else tuple(Cell(*cell) for cell in plain)


def _tupled(value: Any) -> Any:
    """JSON knows no tuples, and edits are compared."""
    if isinstance(value, list):
        return tuple(_tupled(one) for one in value)
    return value
