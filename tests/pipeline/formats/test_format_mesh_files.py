import numpy as np
import pytest
import trimesh
from fakes_people import walk
from fakes_session import FRAMES

from pipeline.errors import ExportError
from pipeline.formats import FORMATS, ExportSource
from pipeline.formats.extent import Extent
from pipeline.job import Job
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack
from pipeline.smpl import builtin_body, read_body

Y_UP, Z_UP = np.diag([1.0, -1.0, -1.0]), np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def export(source, path, **options):
    return FORMATS["meshes"].write(source, path, options, Job(lambda job: None))


def ours(frame):
    """(2, V, 3) m of the made-up people, OpenCV's camera."""
    return builtin_body().meshes(walk(frame).people).vertices


def one_frame(source, frame, tracks=None):
    return ExportSource(source.store_path, source.video_path, frames=(frame, frame), tracks=tracks)


def head(path):
    return path.read_bytes()[:2000].decode("utf-8", errors="replace")


def test_a_sequence_is_a_folder_with_files_named_after_the_source_frames(source, tmp_path):
    written = export(source, tmp_path / "walk")
    assert written.paths == (tmp_path / "walk",)
    assert sorted(path.name for path in (tmp_path / "walk").glob("*.ply")) == [
        f"{frame:06d}.ply" for frame in FRAMES
    ]
    read = trimesh.load(tmp_path / "walk" / "000013.ply", process=False)
    np.testing.assert_allclose(read.vertices, (ours(13) @ Y_UP.T).reshape(-1, 3), atol=1e-4)
    assert len(read.faces) == 2 * 13776
    assert trimesh.Trimesh(read.vertices, read.faces[:13776], process=False).volume > 0, "faces look outwards"


@pytest.mark.parametrize("ending", ["ply", "obj"])
def test_one_frame_is_one_file_in_the_colours_of_the_tracks(ending, source, tmp_path):
    path = tmp_path / f"one.{ending}"
    assert export(one_frame(source, 3), path, axes="z-up", units="cm").paths == (path,)
    read = trimesh.load(path, process=False)
    meshes = list(read.geometry.values()) if isinstance(read, trimesh.Scene) else [read]
    vertices = np.concatenate([mesh.vertices for mesh in meshes])
    np.testing.assert_allclose(vertices, 100 * (ours(3) @ Z_UP.T).reshape(-1, 3), atol=1e-2)
    colors = np.concatenate([mesh.visual.vertex_colors for mesh in meshes])
    with Store(source.store_path, read_only=True) as store:
        wanted = [track.color for track in store.tracks()]
    assert colors[0, :3].tolist() == list(wanted[0])
    assert colors[-1, :3].tolist() == list(wanted[1])


@pytest.mark.parametrize("ending", ["ply", "obj"])
def test_the_head_says_what_it_is(ending, source, tmp_path):
    export(one_frame(source, 3), tmp_path / f"one.{ending}")
    said = head(tmp_path / f"one.{ending}")
    for part in (
        "frame 3",
        "time 0.120000 s",
        "engine made-up-1",
        f"body model {builtin_body().id}",
        "unit m",
        "axes x right, y up, z backward",
        "space camera",
        "person track 2, name Person 2, 6890 vertices, made engine, assigned by a reviewer no",
    ):
        assert part in said


def test_the_world_and_its_axes(source, tmp_path):
    export(one_frame(source, 3), tmp_path / "one.ply", space="world")
    read = trimesh.load(tmp_path / "one.ply", process=False)
    np.testing.assert_allclose(read.vertices, (ours(3) @ Y_UP.T).reshape(-1, 3), atol=1e-4)
    assert "space world: the camera stands still" in head(tmp_path / "one.ply")
    with pytest.raises(ExportError, match="no camera's axes"):
        export(one_frame(source, 3), tmp_path / "two.ply", space="world", axes="camera")
    assert not (tmp_path / "two.ply").exists()


def test_only_the_chosen_and_nobody_who_was_deleted(source, tmp_path):
    export(one_frame(source, 3, frozenset({2})), tmp_path / "two.ply", axes="camera")
    read = trimesh.load(tmp_path / "two.ply", process=False)
    np.testing.assert_allclose(read.vertices, ours(3)[1], atol=1e-4)
    store = Store(source.store_path)
    with store.transaction():
        DeleteFromTrack(1, 3, 3).apply(store)
    store.close()
    export(one_frame(source, 3), tmp_path / "left.ply", axes="camera")
    np.testing.assert_array_equal(trimesh.load(tmp_path / "left.ply", process=False).vertices, read.vertices)
    with pytest.raises(ExportError, match="Nobody is in the range"):
        export(one_frame(source, 3, frozenset({1})), tmp_path / "none.ply")


def test_an_official_body_is_written_with_its_correctives_and_said_to_be_licensed(official, tmp_path):
    (notice,) = export(official, tmp_path / "own.ply", axes="camera").notices
    assert "licensed SMPL mesh" in notice
    body = read_body(official.body_paths[0])
    vertices = body.meshes(walk(19).people).vertices.reshape(-1, 3)
    np.testing.assert_allclose(
        trimesh.load(tmp_path / "own.ply", process=False).vertices, vertices, atol=1e-4
    )


def test_several_frames_and_other_endings_are_explained(source, tmp_path):
    with pytest.raises(ExportError, match="18 frames do not go into one file") as caught:
        export(source, tmp_path / "all.obj")
    assert "folder" in caught.value.hint
    with pytest.raises(ExportError, match=r"cannot be written as \.stl"):
        export(one_frame(source, 3), tmp_path / "one.stl")
    assert not list(tmp_path.glob("*.obj"))


@pytest.mark.parametrize("kind", ["ply", "obj"])
def test_the_foretold_size_is_about_right(kind, source, tmp_path):
    part = ExportSource(source.store_path, source.video_path, frames=(0, 1))
    export(part, tmp_path / "walk", format=kind)
    size = sum(path.stat().st_size for path in (tmp_path / "walk").iterdir())
    told = FORMATS["meshes"].size(Extent(2, 2, 2, 4, (320, 240)), {"format": kind})
    assert told == pytest.approx(size, rel=0.1)
