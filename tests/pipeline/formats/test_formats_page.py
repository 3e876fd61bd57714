import re
from pathlib import Path

from pipeline.formats import FORMATS
from resources.make.formats_table import table

PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text("utf-8")


def test_the_table_of_the_page_is_the_one_of_the_formats():
    made = re.search(r"formats_table -->\n(.*?)\n<!-- end", PAGE, re.S).group(1)
    assert made == table(), "print it with: python -m resources.make.formats_table"


def test_every_format_has_its_place_on_the_page():
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("### "))
    assert [key for key in FORMATS if f"`{key}`" not in headings] == []


def test_every_command_on_the_page_names_what_exists():
    for line in re.findall(r"^retake export clip\.mp4 .*$", PAGE, re.M):
        format = FORMATS[line.split()[3]]
        format.chosen(dict(option.split("=") for option in re.findall(r"--option (\S+)", line)))
