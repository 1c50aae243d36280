"""Keys and programs for the tests of `rsa_core`: keys are made once, because each takes time."""

import itertools
import subprocess
from functools import cache

import pytest
from Crypto.PublicKey import RSA
from hypothesis import settings

from rsa_core.keys import KeyPair, PublicKey

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("rsa_core", deadline=None)
settings.load_profile("rsa_core")


@cache
def made(number):
    return KeyPair.generate(2048)


@pytest.fixture(scope="session")
def alice():
    return made(0)


@pytest.fixture(scope="session")
def bob():
    return made(1)


@pytest.fixture(scope="session")
def carol():
    return made(2)


@pytest.fixture(scope="session")
def crowd():
    """Fifty key pairs from twelve primes: fast to make, and good for nothing but tests."""
    primes = [int(p) for n in range(6) for p in (made(n).engine.p, made(n).engine.q)]
    pairs = []
    for p, q in itertools.islice(itertools.combinations(primes, 2), 50):
        d = pow(65537, -1, (p - 1) * (q - 1))
        engine = RSA.construct((p * q, 65537, d, p, q), consistency_check=False)
        pairs.append(KeyPair(PublicKey(p * q, 65537), engine))
    return pairs


@pytest.fixture
def openssl(tmp_path):
    """Runs the real program in a directory of its own."""

    def run(*arguments, stdin=b"", status=0):
        done = subprocess.run(
            ["openssl", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            check=False,
        )
        if status is not None:
            assert done.returncode == status, done.stderr.decode()
        return done

    return run


@pytest.fixture
def certificate(openssl, tmp_path):
    """Writes a key pair and a certificate for it, as `openssl cms` wants recipients."""

    def write(pair, name):
        (tmp_path / f"{name}.pem").write_text(pair.pem())
        openssl("req", "-x509", "-key", f"{name}.pem", "-subj", f"/CN={name}", "-days", "2",
                "-out", f"{name}.crt")  # fmt: skip
        return f"{name}.crt"

    return write
