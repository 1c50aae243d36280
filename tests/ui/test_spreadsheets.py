"""CSV that no spreadsheet computes, whatever it takes for the separator, and the way back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsa_core.csv_cells import csv_bytes, harmless, plain
from ui.parts.words import csv_of

SIGNS = "=+-@|＝＋－＠"
HOSTILE = st.text(
    st.sampled_from(SIGNS + "'\"\t\r\n,; a\u00a0\v\f\u200b\x1f\u2028\0")
    | st.characters(codec="utf-8"),
    max_size=16,
)


def cells(table: bytes, separator: str, quotes: int) -> list[str]:
    """What a program sees that takes this for the separator, and quotes seriously or not."""
    text = table.decode()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quotes)
    return [cell for row in rows for cell in row]


def runs(cell: str) -> bool:
    """Whether a spreadsheet could take the cell for a formula; blanks and quotes do not help."""
    return cell.lstrip('" \t\r\n\v\f\u00a0\u200b\u2028\x1f\0').startswith(tuple(SIGNS))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quotes", [csv.QUOTE_MINIMAL, csv.QUOTE_NONE])
@given(first=HOSTILE, second=HOSTILE)
def test_no_cell_of_any_reading_is_a_formula(separator, quotes, first, second):
    for table in (csv_of([{"a": first, "b": second}]), csv_bytes([["a", "b"], [first, second]])):
        if separator == "," and quotes == csv.QUOTE_MINIMAL:
            assert cells(table, ",", quotes)[2:] == [harmless(first), harmless(second)]
        found = [cell for cell in cells(table, separator, quotes) if runs(cell)]
        assert found == []


@pytest.mark.parametrize(
    "name",
    [
        "=1+1.png", "+1", "-1", "@a", "\t=1", 'a;=HYPERLINK("http://x")', "a;=1+1", "\n=1+1",
        "\uff1d1+1", " =1+1", "|calc", 'a;"=1+1', "a\t=1", "a,=1", "a\r=1", "\u00a0=1", '"";=1',
        "a;\u200b=1", "x;y\n+1",
    ],
)  # fmt: skip
def test_known_formulas_come_to_nothing(name):
    for separator in ",;\t":
        for quotes in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            found = cells(csv_of([{"name": "sent", "outcome": name}]), separator, quotes)
            assert not any(map(runs, found))


@given(HOSTILE)
def test_the_way_back_is_exact(text):
    assert plain(harmless(text)) == text


@pytest.mark.parametrize(
    "name", ["a - b.png", "holiday-1.png", "1+1=2.png", "a@b.png", "Müller, Ada.png", "ü"]
)
def test_ordinary_names_stay_as_they_are(name):
    assert harmless(name) == name
