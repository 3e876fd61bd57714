"""Prints the table of ways out that stands in docs/formats.md: `python -m resources.make.formats_table`."""

from __future__ import annotations

from pipeline.formats import FORMATS
from pipeline.formats.format import Format, Option

_HEAD = (
    "| `FORMAT` | what it is | what is written | who reads it | options, default first |",
    "|---|---|---|---|---|",
)


def table() -> str:
    """The table in Markdown, one row a format, in the order of the dialog and the command line."""
    return "\n".join([*_HEAD, *(_row(format) for format in FORMATS.values())])


def _row(format: Format) -> str:
    options = "<br>".join(_option(option) for option in format.options) or "none"
    cells = (
        f"`{format.key}`",
        f"**{format.title}.** {format.summary}",
        _files(format),
        format.readers,
        options,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _files(format: Format) -> str:
    if format.is_folder:
        return "a folder"
    return f"a `{format.suffix}`" + (" a person" if format.per_track else "")


def _option(option: Option) -> str:
    others = [choice for choice in option.choices if choice != option.default]
    values = " ".join(f"`{choice}`" for choice in (option.default, *others))
    return f"`{option.key}`: {values}" + ("" if option.choices else " or a number")


if __name__ == "__main__":
    print(table())
