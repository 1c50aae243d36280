"""Attacks that change what travels: taken by textbook schemes, refused by authenticated ones."""

import numpy as np
import pytest

from rsa_core import (
    HYBRID,
    OAEP_BLOCKS,
    TEXTBOOK_BLOCKS,
    TEXTBOOK_PIXELS,
    ClassroomKeyPair,
    DecryptionError,
    png_of,
    read_picture,
)
from rsa_core.attacks import ATTACKS, Target
from rsa_core.envelopes.container import Container

FORGERIES = ["brightness", "cut-and-paste", "replay"]


def run(name, envelope, *others):
    return ATTACKS[name].run(Target(envelope, others=others))


@pytest.mark.parametrize("bits", [12, 512])
def test_everything_becomes_twice_as_bright(bits, photo, picture):
    pair = ClassroomKeyPair.generate(bits)
    outcome = run("brightness", TEXTBOOK_PIXELS.seal(picture, [pair.public]).envelope)
    assert outcome.verdict == "broken"
    seen = TEXTBOOK_PIXELS.open(outcome.envelope, pair).pixels
    assert (seen == np.minimum(photo.astype(int) * 2, 255)).all()


def test_dark_blocks_become_twice_as_bright(sound):
    dark = np.random.default_rng(2).integers(0, 128, (9, 70), np.uint8)
    envelope = TEXTBOOK_BLOCKS.seal(read_picture(png_of(dark)), [sound.public]).envelope
    outcome = run("brightness", envelope)
    assert (TEXTBOOK_BLOCKS.open(outcome.envelope, sound).pixels == dark * 2).all()


def test_every_receiver_sees_the_change(picture, photo, sound):
    other = ClassroomKeyPair.generate(64)
    envelope = TEXTBOOK_PIXELS.seal(picture, [sound.public, other.public]).envelope
    forged = run("brightness", envelope).envelope
    views = [TEXTBOOK_PIXELS.open(forged, pair).pixels for pair in (sound, other)]
    assert (views[0] == views[1]).all()
    assert not (views[0] == photo).all()


def test_a_multiplied_block_is_badly_padded(picture, alice):
    outcome = run("brightness", OAEP_BLOCKS.seal(picture, [alice.public]).envelope)
    assert outcome.verdict == "preconditions not met"
    assert outcome.envelope is None
    container = Container.parse(OAEP_BLOCKS.seal(picture, [alice.public]).envelope)
    copy = container.copies[0]
    doubled = int.from_bytes(copy.data[: copy.key.width], "big") * pow(2, copy.key.e, copy.key.n)
    data = (doubled % copy.key.n).to_bytes(copy.key.width, "big") + copy.data[copy.key.width :]
    forged = Container(
        container.scheme, container.samples, container.shape, (type(copy)(copy.key, data),)
    )
    with pytest.raises(DecryptionError):
        OAEP_BLOCKS.open(forged.pack(), alice)


def test_blocks_of_a_file_are_exchanged_unnoticed(alice):
    pixels = np.random.default_rng(4).integers(0, 256, (24, 30, 3), np.uint8)
    picture = read_picture(png_of(pixels))
    envelope = OAEP_BLOCKS.seal(picture, [alice.public]).envelope
    outcome = run("cut-and-paste", envelope)
    assert outcome.verdict == "broken"
    file = OAEP_BLOCKS.open(outcome.envelope, alice).file
    size = 256 - 66
    assert file != picture.data
    assert file[: 2 * size] == picture.data[: 2 * size]
    cut = [picture.data[at : at + size] for at in range(0, len(picture.data), size)]
    assert sorted(file[at : at + size] for at in range(0, len(file), size)) == sorted(cut)


def test_blocks_of_another_file_are_pasted_unnoticed(alice):
    rng = np.random.default_rng(5)
    files = []
    for height in (20, 30):
        pixels = rng.integers(0, 256, (height, 30, 3), np.uint8)
        files.append(read_picture(png_of(pixels)))
    mine, other = (OAEP_BLOCKS.seal(one, [alice.public]).envelope for one in files)
    outcome = run("cut-and-paste", mine, other)
    opened = OAEP_BLOCKS.open(outcome.envelope, alice).file
    size = 256 - 66
    half = (-(-len(files[0].data) // size) // 2) * size
    stop = (-(-len(files[0].data) // size) - 1) * size
    assert opened[:half] == files[0].data[:half]
    assert opened[half:stop] == files[1].data[half:stop]
    assert opened[stop:] == files[0].data[stop:]


def test_half_of_another_picture_is_pasted(picture, other_picture, photo, sound):
    mine, other = (
        TEXTBOOK_PIXELS.seal(one, [sound.public]).envelope for one in (picture, other_picture)
    )
    outcome = run("cut-and-paste", mine, other)
    seen = TEXTBOOK_PIXELS.open(outcome.envelope, sound).pixels.ravel()
    half = photo.size // 2
    assert (seen[:half] == photo.ravel()[:half]).all()
    assert (seen[half:] == photo[::-1].ravel()[half:]).all()


def test_halves_are_exchanged_where_there_is_no_other_picture(picture, photo, sound):
    stranger = TEXTBOOK_PIXELS.seal(picture, [ClassroomKeyPair.generate(512).public]).envelope
    mine = TEXTBOOK_PIXELS.seal(picture, [sound.public]).envelope
    outcome = run("cut-and-paste", mine, stranger, b"nothing")
    seen = TEXTBOOK_PIXELS.open(outcome.envelope, sound).pixels
    assert (seen.ravel() == np.roll(photo.ravel(), photo.size // 2)).all()


def test_halves_in_blocks_are_exchanged_too(picture, photo, sound):
    outcome = run("cut-and-paste", TEXTBOOK_BLOCKS.seal(picture, [sound.public]).envelope)
    seen = TEXTBOOK_BLOCKS.open(outcome.envelope, sound).pixels.ravel()
    blocks = np.arange(-(-photo.size // 63))
    middle = (len(blocks) - 3) // 2
    order = [0, 1, *blocks[2 + middle : 2 + 2 * middle], *blocks[2 : 2 + middle]]
    order += blocks[2 + 2 * middle :].tolist()
    wanted = np.concatenate([photo.ravel()[63 * at : 63 * at + 63] for at in order])
    assert (seen == wanted).all()


def test_a_picture_of_one_block_cannot_be_cut(sound):
    one = read_picture(png_of(np.full((3, 3), 7, np.uint8)))
    for scheme in (TEXTBOOK_PIXELS, TEXTBOOK_BLOCKS):
        outcome = run("cut-and-paste", scheme.seal(one, [sound.public]).envelope)
        assert outcome.verdict == "preconditions not met"
        assert outcome.envelope is None


def test_an_old_picture_takes_the_place_of_a_new_one(picture, other_picture, photo, sound):
    new, old = (
        TEXTBOOK_PIXELS.seal(one, [sound.public]).envelope for one in (picture, other_picture)
    )
    outcome = run("replay", new, old)
    assert outcome.envelope == old
    assert (TEXTBOOK_PIXELS.open(outcome.envelope, sound).pixels == photo[::-1]).all()
    assert run("replay", new).envelope == new


@pytest.mark.parametrize("name", FORGERIES)
def test_authenticated_envelopes_stop_them_and_the_outcome_says_how(name, picture, alice):
    outcome = run(name, HYBRID.seal(picture, [alice.public]).envelope)
    assert outcome.verdict == "preconditions not met"
    assert outcome.envelope is None
    assert any(word in outcome.words for word in ("tag", "signs"))
