"""What the documentation says is there, is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def existing_tests() -> set[str]:
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_fault_names_a_test_that_exists():
    text = (ROOT / "docs" / "faults.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "proved by" not in line]
    proofs = [
        re.findall(r"`(test_\w+)`", row.rsplit("|", 2)[1]) for row in rows if "---" not in row
    ]
    assert proofs
    assert all(proofs)
    assert {name for row in proofs for name in row} <= existing_tests()


def test_what_is_promised_against_each_attacker_is_proved():
    """Each section names tests, all of which are there; two say what is not promised."""
    sections = (ROOT / "docs" / "threat-model.md").read_text().split("\n## ")[1:]
    without = {section.splitlines()[0] for section in sections if "`test_" not in section}
    assert without == {
        "Whoever runs the server, or listens on the net",
        "What this does not provide",
    }
    named = {name for section in sections for name in re.findall(r"`(test_\w+)`", section)}
    assert named <= existing_tests(), named - existing_tests()


def test_links_in_the_documentation_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
