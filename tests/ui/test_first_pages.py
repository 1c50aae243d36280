"""The first pages of a fresh server, opened at the same time.

Streamlit imports pandas when a page draws its first component. Altair and Narwhals look into
`sys.modules` and use whatever module they find there, even one that another thread has only half
imported.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FIRST_PAGES = """
import importlib, importlib.abc, sys, threading
import Home

half, done = threading.Event(), threading.Event()

class Pause(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith(LIBRARY + ".") and not half.is_set():
            half.set()
            done.wait(20)

def first_component():
    from streamlit.dataframe_util import is_dataframe_like
    is_dataframe_like({})
    half.set()

sys.meta_path.insert(0, Pause())
one = threading.Thread(target=first_component)
one.start()
half.wait()
for page in ("interceptor", "compare", "receiver", "sender"):
    importlib.import_module(f"ui.{page}")
done.set()
one.join()
"""


@pytest.mark.parametrize("library", ["numpy", "pandas", "pyarrow"])
def test_pages_are_imported_while_another_draws_its_first_component(library):
    done = subprocess.run(
        [sys.executable, "-c", f"LIBRARY = {library!r}\n{FIRST_PAGES}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
