"""What the documentation says is there, is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["threat-model.md", "faults.md"])
def test_every_row_names_a_test_that_exists(page):
    text = (ROOT / "docs" / page).read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "proved by" not in line]
    proofs = [
        re.findall(r"`(test_\w+)`", row.rsplit("|", 2)[1]) for row in rows if "---" not in row
    ]
    assert proofs
    assert all(proofs)
    existing = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name for row in proofs for name in row} <= existing


def test_links_in_the_documentation_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
