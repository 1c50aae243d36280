"""Experiments: a test picture sealed twice, ciphers broken, keys checked."""

import io
import itertools
import time

import numpy as np
import pytest
from PIL import Image

from lab.errors import LabError
from lab.experiments import EXHIBITS, experiment, health_of, show_broken
from lab.subject import built_in, uploaded
from rsa_core import SEED_KEY, KeyFormatError, PublicKey
from tests.conftest import encoded, photograph

BY_CHANCE = 1e-6  # noise fails at 5 % now and then, and at this level never


@pytest.mark.parametrize("scheme", ["hybrid", "oaep-blocks", "textbook-pixels", "textbook-blocks"])
def test_a_picture_sealed_twice(capture, scheme):
    key = capture(scheme, encoded(photograph(20, 20)), 512).key
    table = {one.name: one for one in experiment(scheme, [key], built_in())}
    npcr = table["NPCR"]
    assert (npcr.adjusted > BY_CHANCE) == (scheme in {"hybrid", "oaep-blocks"})
    assert (npcr.value < 1) == scheme.startswith("textbook")


def test_a_key_that_cannot_take_the_experiment_says_so():
    with pytest.raises(LabError, match="cannot take"):
        experiment("textbook-blocks", [SEED_KEY.public], built_in())
    with pytest.raises(LabError, match="not known"):
        experiment("textbook-pixels", [], built_in())


@pytest.mark.parametrize("name", EXHIBITS)
@pytest.mark.parametrize("upload", [None, encoded(photograph(600, 400))])
def test_each_exhibit_is_broken_in_front_of_the_student(name, upload):
    subject = built_in() if upload is None else uploaded(upload)
    assert max(subject.pixels.shape[:2]) <= 256
    shown = show_broken(name, subject)
    assert shown.exact
    with Image.open(io.BytesIO(shown.recovered)) as recovered:
        assert (np.asarray(recovered) == subject.pixels).all()
    p_values = {one.name: one.adjusted for one in shown.alone}
    fooled = [n for n in p_values if "Correlation" in n] if name == "shuffle" else list(p_values)
    assert min(p_values[test] for test in fooled) > BY_CHANCE


def test_an_unknown_exhibit_is_refused():
    with pytest.raises(LabError):
        show_broken("no such", built_in())


def test_key_health_tells_the_published_key_from_a_sound_one(key_pool):
    published, sound = SEED_KEY.public, key_pool[0].public
    assert health_of((published.n, published.e), [(sound.n, sound.e)])[0].verdict == "broken"
    found = health_of((sound.n, sound.e), [(published.n, published.e)])
    assert {one.verdict for one in found if one.concerns == "key"} == {"resists"}


def acceptable(n):
    try:
        return bool(PublicKey(n, 65537))
    except KeyFormatError:
        return False


def test_key_health_of_the_longest_keys_holds_nobody_up():
    """Hostile ones too: the search runs in another process, and once for each key."""
    mersenne, other = (1 << 4423) - 1, (1 << 3217) - 1
    longest = next(n for n in itertools.count((1 << 8191) + 1, 2) if acceptable(n))
    before = time.process_time()
    for n, e, broken in (
        (longest, 65537, False),
        (mersenne * other, (1 << 256) - 189, True),  # p + 1 is a power of 2
        (mersenne, 65537, True),
    ):
        assert (health_of((n, e), ())[0].verdict == "broken") is broken
    assert time.process_time() - before < 0.5
    before = time.monotonic()
    health_of((longest, 65537), ())
    assert time.monotonic() - before < 0.5
