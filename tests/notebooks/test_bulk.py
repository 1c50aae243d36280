"""The notebook stays true: it runs from top to bottom, and shows what its text says."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "bulk.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after a run in a fresh kernel."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))  # what it writes
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = NotebookClient(
            notebook, timeout=60, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        )
        client.execute()
    return notebook


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def text_of(notebook):
    parts = [output.get("text", "") for output in outputs(notebook)]
    parts += [output.get("data", {}).get("text/plain", "") for output in outputs(notebook)]
    return "\n".join(parts)


def test_it_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert outputs(notebook) == []
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


def test_it_shows_tables_histograms_and_a_broken_picture(executed):
    kinds = [kind for output in outputs(executed) for kind in output.get("data", {})]
    assert kinds.count("text/html") == 3
    assert kinds.count("image/png") == 2


def test_it_says_what_its_text_promises(executed):
    said = text_of(executed)
    assert "3 done, 0 skipped, 0 failed" in said
    assert "0 done, 3 skipped, 0 failed" in said
    assert "broken - " in said
    assert "preconditions not met - " in said
    assert "came back byte for byte" in said


def test_nothing_in_it_warns(executed):
    assert [o for o in outputs(executed) if o.get("name") == "stderr"] == []
