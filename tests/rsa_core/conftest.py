"""Keys for the tests of `rsa_core`: made once, because each takes a good part of a second."""

from functools import cache

import pytest

from rsa_core.keys import KeyPair


@cache
def pair(number: int) -> KeyPair:
    """The same key pair for the same number, for the whole run."""
    return KeyPair.generate(2048)


@pytest.fixture(scope="session")
def alice():
    return pair(0)


@pytest.fixture(scope="session")
def bob():
    return pair(1)


@pytest.fixture(scope="session")
def carol():
    return pair(2)
