"""`health` and `attack shared-primes FOLDER`: public keys examined without an envelope."""

import numpy as np
import pytest
from PIL import Image

from rsa_core import ClassroomKeyPair, ClassroomPublicKey, make_weak
from tests.conftest import encoded, photograph

TITLES = ("Factoring", "Fermat", "Wiener", "Pollard", "Williams", "Coppersmith", "ROCA", "Lehman")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "keys"
    place.mkdir()
    return place


def write(place, name, public):
    path = place / f"{name}.pub.txt"
    path.write_text(public.text())
    return path


def test_health_names_what_is_broken(run, folder):
    (close,) = make_weak("close-primes", 512)
    status, said, err = run("health", write(folder, "close", close.public))
    assert (status, err) == (0, "")
    assert all(title in said for title in TITLES)
    assert "this key is broken: Factoring (this key alone), Close primes (Fermat)" in said
    assert str(close.p) not in said


def test_health_compares_the_keys_with_each_other(run, folder):
    one, two = make_weak("shared-prime", 512)
    paths = [write(folder, name, pair.public) for name, pair in (("one", one), ("two", two))]
    _, apart, _ = run("health", paths[0])
    assert "broken: Shared prime" not in apart
    _, together, _ = run("health", *paths)
    assert together.count("this key is broken: Shared prime") == 2
    assert run("health", folder)[1].count("this key is broken: Shared prime") == 2


def test_health_of_a_sound_key(run, key_folder):
    status, said, _ = run("health", key_folder / "alice.pub.pem")
    assert status == 0
    assert "resists what was tried" in said
    assert "this key is" not in said


def test_health_needs_a_key(run, folder):
    (folder / "note.txt").write_text("no key")
    status, said, err = run("health", folder / "note.txt")
    assert (status, said, err.count("\n")) == (3, "", 1)
    status, _, err = run("health", folder)
    assert status == 1
    assert "note.txt" in err


def test_a_folder_of_keys_is_searched_for_common_primes(run, folder):
    one, two = make_weak("shared-prime", 512)
    write(folder, "one", one.public)
    (folder / "below").mkdir()
    write(folder / "below", "two", two.public)
    for number in range(5):
        write(folder, f"sound-{number}", ClassroomKeyPair.generate(512).public)
    (folder / "readme.md").write_text("not a key")
    out = folder.parent / "found.txt"
    status, said, err = run("attack", "shared-primes", folder, "--key-out", out)
    assert status == 0
    assert "7 public keys, 7 different moduli, 2 broken" in said
    assert "one.pub.txt" in said
    assert "two.pub.txt" in said
    assert "sound" not in said
    assert "readme.md" in err
    assert f"p = {max(one.p, one.q)}" in out.read_text()


def test_a_folder_of_sound_keys_holds(run, folder):
    for number in range(3):
        write(folder, f"sound-{number}", ClassroomKeyPair.generate(256).public)
    status, said, _ = run("attack", "shared-primes", folder)
    assert status == 4
    assert "0 broken" in said


def test_one_modulus_under_two_exponents_is_told(run, folder):
    for number, pair in enumerate(make_weak("shared-modulus", 512)):
        write(folder, f"key-{number}", pair.public)
    _, said, _ = run("attack", "shared-primes", folder)
    assert "one modulus under two exponents" in said


def test_all_candidates_are_written(run, folder, tmp_path):
    """17 divides p - 1, and eight pictures have the same ciphertext."""
    picture, out = tmp_path / "photo.png", tmp_path / "found.png"
    picture.write_bytes(encoded(photograph(14, 8)))
    path = write(folder, "several", ClassroomPublicKey(12921429079638545957, 17))
    run("encrypt", "--scheme", "textbook-blocks", "--to", path, picture, "--out", tmp_path / "s")
    status, said, _ = run("attack", "factoring", tmp_path / "s/photo.png.rsaimg", "--out", out)
    assert status == 0
    assert "several roots" in said
    found = [np.asarray(Image.open(one)) for one in (out, *tmp_path.glob("found-?.png"))]
    assert len(found) == 8
    assert any(np.array_equal(one, np.asarray(Image.open(picture))) for one in found)
    out.unlink()  # all of them, or none
    status, _, err = run("attack", "factoring", tmp_path / "s/photo.png.rsaimg", "--out", out)
    assert status == 1
    assert "found-2.png" in err
    assert not out.exists()


def test_a_prime_known_in_part_is_given_in_hexadecimal(run, folder, tmp_path):
    pair = ClassroomKeyPair.generate(512)
    path = write(folder, "alice", pair.public)
    picture = tmp_path / "photo.png"
    picture.write_bytes(encoded(photograph(14, 8)))
    run("encrypt", "--scheme", "textbook-blocks", "--to", path, picture, "--out", tmp_path / "s")
    envelope, out = tmp_path / "s" / "photo.png.rsaimg", tmp_path / "found.png"
    known = f"{pair.p:x}"[:40] + "?" * 24
    assert run("attack", "known-bits", envelope, "--known-bits", known, "--out", out)[0] == 0
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(Image.open(picture)))
    assert run("attack", "known-bits", envelope)[0] == 4
