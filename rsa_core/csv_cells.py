"""CSV files whose cells no spreadsheet computes, whatever it takes for the separator.

A program that expects `;` or a tab sees other cells than the comma-separated ones that were
written, and quotes then protect the first of them only. So text that could begin a formula gets
an apostrophe before it wherever a cell could begin: at the start, and after a comma, a
semicolon, a tab or a line break, with blanks or quotes in between or not. What begins with an
apostrophe there gets another one, which makes the way back exact: `plain(harmless(text)) == text`.
"""

import csv
import io
import re
from collections.abc import Iterable

_BREAK = r",;\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_BLANK = rf"(?:[^\S{_BREAK}]|[\"\x00-\x08\x0e-\x1b\x1f\x7f\u200b-\u200f\u2060\ufeff])*"
# The signs that begin a formula or a command, in their wide and small forms too.
_SIGN = r"=+\-@|\uff1d\uff0b\uff0d\uff20\uff5c\ufe66\ufe62\ufe63\ufe6b\u2212"
_PLACE = rf"((?:\A|[{_BREAK}]){_BLANK})"
_RISK = re.compile(rf"(\A)(?=[\t\r\n])|{_PLACE}(?=[{_SIGN}'])")
_ESCAPE = re.compile(rf"(\A)'(?=[\t\r\n])|{_PLACE}'(?=[{_SIGN}'])")


def harmless(text: str) -> str:
    """The text as every spreadsheet takes it for text."""
    return _RISK.sub(lambda found: f"{found[0]}'", text)


def plain(text: str) -> str:
    """What `harmless` was given."""
    return _ESCAPE.sub(lambda found: found[1] or found[2] or "", text)


def csv_bytes(rows: Iterable[Iterable[str | float]]) -> bytes:
    """A table in UTF-8, lines ended by CR LF (RFC 4180); text is made harmless, numbers stay."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8", "surrogateescape")
