"""Keeping a session elsewhere: beside a link to its video, which is then opened like the video itself."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SessionError


def link_into(video: Path, folder: Path) -> Path:
    """A link to a video in another folder; its session, index and exports are then kept there.

    A session belongs beside its video. Where that folder is not to be written, the link stands for the video: the
    window and all commands open it as they would the video. A link that is there already is used again.

    Args:
        video: The video or folder of pictures.
        folder: Made if it is not there.

    Returns:
        The link; where `folder` is the video's own, the video.

    Raises:
        SessionError: The folder cannot be made, no link can, or something else of that name is there.
    """
    link = folder / video.name
    if not video.exists():
        raise SessionError(
            f"{video} is not there.", "Check the name; a series such as img_%04d.png has no link."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if link.exists() and link.samefile(video):
            return link
        link.symlink_to(video.resolve(), target_is_directory=video.is_dir())
    except FileExistsError as error:
        raise SessionError(
            f"{link} is there already, and is not {video}.", "Choose another folder for this video."
        ) from error
    except OSError as error:
        return _linked_hard(video, link, error)
    return link


def _linked_hard(video: Path, link: Path, error: OSError) -> Path:
    """What Windows allows without special rights, on the same disk."""
    try:
        link.hardlink_to(video.resolve())
    except OSError:
        raise SessionError(
            f"No link to {video.name} can be made in {link.parent}: {error.strerror}.",
            "Choose another folder, or copy the video there and run it without --out.",
        ) from error
    return link
