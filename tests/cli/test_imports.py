"""The public doors: every name is there."""

import pytest

import rsa_core
from rsa_core import schemes


@pytest.mark.parametrize("package", [rsa_core, schemes])
def test_every_public_name_is_there(package):
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_every_scheme_is_found_under_its_name():
    assert [scheme.name for scheme in schemes.SCHEMES.values()] == list(schemes.SCHEMES)
    assert len(schemes.SCHEMES) == 4
    assert schemes.SCHEMES["textbook-pixels"] is schemes.TEXTBOOK_PIXELS
