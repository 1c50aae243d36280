"""What an import costs: numpy and Pillow only where pictures are decoded."""

import subprocess
import sys

import pytest

import rsa_core
from rsa_core import schemes
from tests.cli.conftest import ROOT

HEAVY = "print(sorted({'numpy', 'PIL', 'tqdm', 'argparse', 'rsa_core.cli'} & set(sys.modules)))"


def loaded_after(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; {HEAVY}", *map(str, arguments)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "code",
    [
        "import rsa_core",
        "from rsa_core import HYBRID, KeyPair, seal_bytes, seal_stream, sign",
        "import rsa_core; rsa_core.SCHEMES['hybrid']",
    ],
)
def test_sealing_bytes_needs_neither_numpy_nor_pillow(code):
    assert loaded_after(code) == "[]"


def test_encrypting_and_decrypting_files_wait_for_nothing_that_they_do_not_use(
    key_folder, tmp_path
):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    code = "from rsa_core.cli import main; main(sys.argv[1:])"
    to = ("encrypt", "--to", key_folder / "alice.pub.pem", tmp_path / "a.png")
    assert loaded_after(code, *to, "--out", tmp_path) == "['argparse', 'rsa_core.cli']"
    back = ("decrypt", "--key", key_folder / "alice.pem", tmp_path / "a.png.p7m")
    assert loaded_after(code, *back, "--out", tmp_path / "o") == "['argparse', 'rsa_core.cli']"
    assert (tmp_path / "o" / "a.png").exists()


@pytest.mark.parametrize("package", [rsa_core, schemes])
def test_every_public_name_is_there(package):
    """Also those that are imported when they are asked for; nothing else is."""
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # noqa: B018


def test_every_scheme_is_found_under_its_name():
    assert [scheme.name for scheme in schemes.SCHEMES.values()] == list(schemes.SCHEMES)
    assert len(schemes.SCHEMES) == 4
    assert schemes.SCHEMES["textbook-pixels"] is schemes.TEXTBOOK_PIXELS
    with pytest.raises(KeyError):
        schemes.SCHEMES["nonsense"]
