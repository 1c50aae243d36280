"""What README's two commands install is what was tested: every version is pinned.

Nothing here asks the network; `make wheels` asks the index.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.wheels import PYTHONS

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-dev.txt")
PLATFORMS = ("linux", "darwin", "win32")


def lines(name: str) -> list[str]:
    texts = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [text for text in texts if text]


PINS = [Requirement(line) for line in lines("constraints.txt")]
ASKED = [Requirement(line) for name in FILES for line in lines(name) if not line.startswith("-")]


def applies(requirement: Requirement, extras: frozenset[str] = frozenset(), **where: str) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**where, "extra": e}) for e in extras or {""})


def installed() -> dict[str, str]:
    """Names and versions of what the requirements need in this environment, all the way down."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(ASKED)
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            package = distribution(one.name)
        except PackageNotFoundError:
            pytest.fail(f"{one.name} is required and not installed: pip install -r {FILES[1]}")
        found[name] = package.version
        needed = map(Requirement, package.requires or [])
        waiting += [other for other in needed if applies(other, extras | {""})]
    return found


def test_what_is_installed_is_exactly_what_is_pinned():
    pinned = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in PINS if applies(pin)}
    assert installed() == pinned


@pytest.mark.parametrize("name", FILES)
def test_the_two_commands_of_the_readme_install_the_pinned_versions(name):
    assert "-c constraints.txt" in lines(name)
    assert f"pip install -r {name} " in (ROOT / "README.md").read_text()


def test_a_pin_is_one_exact_version():
    for pin in PINS:
        assert re.fullmatch(r"==\d[\w.]*", str(pin.specifier)), pin
        assert not pin.extras, f"{pin}: pip takes no extras in a constraints file"
        assert pin.url is None, pin


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_has_one_pin_that_fits_it(python, platform):
    where = {"python_version": python, "python_full_version": f"{python}.0"}
    where |= {"sys_platform": platform, "implementation_name": "cpython"}
    here: dict[str, Requirement] = {}
    for pin in PINS:
        if applies(pin, **where):
            assert canonicalize_name(pin.name) not in here, f"{pin.name} is pinned twice"
            here[canonicalize_name(pin.name)] = pin
    for asked in ASKED:
        pin = here[canonicalize_name(asked.name)]
        assert asked.specifier.contains(str(pin.specifier)[2:]), f"{asked}, but {pin}"
