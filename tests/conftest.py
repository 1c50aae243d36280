"""What several suites need: test pictures, and keys that are made once."""

import io
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rsa_core import KeyPair


def photograph(width: int, height: int, seed: int = 7) -> np.ndarray:
    """A smooth, photograph-like RGB picture with a little noise; uint8, shape (H, W, 3)."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [
        127 + 90 * np.sin(x / (31 + 7 * c) + seed) * np.cos(y / (47 - 5 * c)) for c in range(3)
    ]
    smooth = np.stack(planes, axis=-1)
    grain = noise.integers(-6, 7, smooth.shape)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """The pixels as a picture file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def exif() -> bytes:
    """EXIF data as a phone writes it: maker, orientation, place."""
    data = Image.Exif()
    data[0x010F] = "Camera"
    data[0x0112] = 6
    data.get_ifd(0x8825)[1] = "N"
    return data.tobytes()


@pytest.fixture(scope="session")
def png() -> bytes:
    return encoded(photograph(64, 48))


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return encoded(photograph(80, 60, seed=3), "JPEG", quality=90, exif=exif())


@pytest.fixture(scope="session")
def key_pool() -> list[KeyPair]:
    """A few safe key pairs; making one takes a good part of a second."""
    return [KeyPair.generate(2048) for _ in range(6)]


@pytest.fixture
def quick_keys(monkeypatch, key_pool):
    """Key generation that hands out ready pairs in turn: for tests not about making keys."""
    pool = itertools.cycle(key_pool)
    monkeypatch.setattr(KeyPair, "generate", lambda bits=3072: next(pool))


def require_chromium(path):
    """Skips with the reason where there is none; under `CI=true` that is a failure."""
    if not Path(path).exists():
        reason = f"Chromium is not at {path}: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    """Debian's. One for all folders, since a thread runs Playwright once."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGS, CHROMIUM

    require_chromium(CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()
