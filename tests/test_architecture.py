"""Arrows point down only: what the scripts at the top may import.

import-linter proves the same for the packages (`make check`); Home.py and pages/ are scripts,
which it cannot read.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = [ROOT / "Home.py", *sorted((ROOT / "pages").glob("*.py"))]
ALLOWED = {"streamlit", "ui", "exchange"}


def imported(script: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_page_knows_ui_and_exchange_only(script):
    assert imported(script) <= ALLOWED


def test_the_pages_are_the_ones_of_the_design():
    assert {path.name for path in SCRIPTS} >= {
        "Home.py",
        "sender.py",
        "interceptor.py",
        "receiver.py",
    }


# What Streamlit serves from /media, to anyone who has the address and for as long as it likes.
MEDIA = {"audio", "download_button", "image", "logo", "pdf", "pyplot", "video"}


def test_no_page_puts_anything_under_media():
    """Nor a favicon: a file of our own would be served from there too."""
    calls = []
    for source in (*SCRIPTS, *sorted((ROOT / "ui").rglob("*.py"))):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in MEDIA:
                calls.append((source.relative_to(ROOT).as_posix(), ast.unparse(node)))
    # The one place builds a `data:` URL, which Streamlit passes on unchanged.
    assert calls == [("ui/parts/files.py", "st.image")]


def test_no_modules_need_each_other_in_a_circle():
    graph = grimp.build_graph("exchange", "lab", "rsa_core", "store", "ui")
    needs = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert len(needs) > 150
    TopologicalSorter(needs).prepare()  # raises CycleError, which names the cycle
