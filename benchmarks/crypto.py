"""Speed and memory of `rsa_core`, against the same work done by others in the same run.

    python -m benchmarks.crypto           some minutes; exit status 1 when a promise is missed
    python -m benchmarks.crypto --quick   less of everything; shows figures, judges nothing
    python -m benchmarks.crypto --markdown docs/performance.md

Prints a Markdown table. Programs that are not installed are left out, and the table says so.
"""

import argparse
import hashlib
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from Crypto.Cipher import AES, oaep
from Crypto.Cipher._mode_gcm import GcmMode
from Crypto.Hash import SHA256

from benchmarks.measuring import Line, compared, medians, printed, quietly, rows, seconds
from benchmarks.reports import arguments_of, told
from rsa_core import (
    OAEP_BLOCKS,
    SEED_KEY,
    TEXTBOOK_PIXELS,
    KeyPair,
    open_bytes,
    png_of,
    read_picture,
    seal_bytes,
)
from rsa_core.schemes.textbook_pixels import decrypt_samples, encrypt_samples

MB = 1_000_000
OPENSSL = shutil.which("openssl")
AGE = shutil.which("age")
KEYGEN = shutil.which("age-keygen")
OAEP = ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")
PNG = b"\x89PNG\r\n\x1a\n"

_IMPORT = """
import time
begun = time.perf_counter()
from rsa_core import *
print(time.perf_counter() - begun)
"""
_PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "rsa_core", *sys.argv[1:]], check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def main() -> int:
    """Measures everything; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crypto", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, judge nothing")
    wanted = arguments_of(parser, None, lambda _: "crypto")
    quick = wanted.quick
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = KeyPair.generate()
        (folder / "key.pem").write_text(key.pem())
        (folder / "key.pub.pem").write_text(key.public.pem())
        for measure in (importing, hybrid, textbook_pixels, oaep_blocks, memory, bulk):
            print(f"{measure.__name__} ...", file=sys.stderr)
            lines += measure(folder, key, quick)
    return told(wanted, rows(lines, judged=not quick))


def importing(_folder: Path, _key: KeyPair, quick: bool) -> Iterator[Line]:
    """How long all public names take in a fresh interpreter, numpy, Pillow and FLINT included."""
    found = statistics.median(printed(_IMPORT) for _ in range(3 if quick else 11))
    yield Line("from rsa_core import *", seconds(found), promise="under 0.25 s", kept=found < 0.25)


def hybrid(folder: Path, key: KeyPair, quick: bool) -> Iterator[Line]:
    """Sealing and opening in memory, against bare AES-256-GCM and against OpenSSL.

    Opening 1 MB is the private power of RSA and little else: it is held against that, too.
    """
    if OPENSSL is not None:
        certificate(folder)
    for size in (1, 5, 50):
        repeats = (3 if quick else 15) if size < 50 else (2 if quick else 7)
        yield from _hybrid(folder, key, size, repeats)
    yield _floor(key, 5 if quick else 51)


def _floor(key: KeyPair, repeats: int) -> Line:
    data, content_key = os.urandom(MB), os.urandom(32)
    envelope = seal_bytes(data, [key.public]).envelope
    ciphertext, tag = gcm(content_key).encrypt_and_digest(data)
    wrapped_key = oaep.new(key.public.engine(), hashmod=SHA256).encrypt(content_key)

    def unwrap() -> None:
        oaep.new(key.engine, hashmod=SHA256).decrypt(wrapped_key)

    def floor() -> None:
        unwrap()
        gcm(content_key).decrypt_and_verify(ciphertext, tag)
        hashlib.sha256(ciphertext).digest()  # what a signature covers

    ours, least, power = medians(repeats, lambda: open_bytes(envelope, key), floor, unwrap)
    name = f"the floor, OAEP ({seconds(power)}), AES-256-GCM and SHA-256 alone"
    return compared("hybrid, open 1 MB", ours, name, least, 0.7)


def _hybrid(folder: Path, key: KeyPair, size: int, repeats: int) -> Iterator[Line]:
    data = os.urandom(size * MB)
    envelope = seal_bytes(data, [key.public]).envelope
    content_key = os.urandom(32)
    ciphertext, tag = gcm(content_key).encrypt_and_digest(data)
    (folder / "plain").write_bytes(data)
    (folder / "sealed").write_bytes(envelope)
    encrypt = ("-encrypt", "-binary", "-aes-256-gcm", "-in", "plain", "-outform", "DER")
    decrypt = ("-decrypt", "-inform", "DER", "-in", "sealed", "-inkey", "key.pem")
    sealing_turns: list[Callable[[], object]] = [
        lambda: seal_bytes(data, [key.public]),
        lambda: gcm(content_key).encrypt_and_digest(data),
        lambda: cms(folder, *encrypt, "-keyid", "-recip", "key.crt", *OAEP),
    ]
    opening_turns: list[Callable[[], object]] = [
        lambda: open_bytes(envelope, key),
        lambda: gcm(content_key).decrypt_and_verify(ciphertext, tag),
        lambda: cms(folder, *decrypt),
    ]
    for verb, turns in (("seal", sealing_turns), ("open", opening_turns)):
        found = medians(repeats, *(turns if OPENSSL is not None else turns[:2]))
        what = f"hybrid, {verb} {size} MB"
        # The fixed cost of RSA weighs on small files; the promise is about large ones.
        yield compared(what, found[0], "bare AES-256-GCM", found[1], 0.7 if size == 50 else None)
        if OPENSSL is None:
            yield Line(what, seconds(found[0]), "openssl is not installed")
        else:
            yield compared(what, found[0], "openssl cms", found[2], 1)


def textbook_pixels(_folder: Path, _key: KeyPair, quick: bool) -> Iterator[Line]:
    """512 x 512 RGB under n = 3233, against a comprehension with a `pow` for each sample."""
    noise = np.random.default_rng(5)
    pixels = noise.integers(0, 256, (512, 512, 3), np.uint8)
    samples = pixels.reshape(-1)
    public = SEED_KEY.public
    residues = encrypt_samples(samples, public)
    numbers = [residues.distinct[index] for index in residues.indices.tolist()]
    plain = samples.tolist()
    n, e, d = public.n, public.e, SEED_KEY.d
    repeats = 2 if quick else 7
    what = "textbook-pixels, 512 x 512 RGB,"
    name = "pow for each sample"
    ours, other = medians(
        repeats, lambda: encrypt_samples(samples, public), lambda: [pow(m, e, n) for m in plain]
    )
    yield compared(f"{what} encrypt", ours, name, other, 100)
    ours, other = medians(
        repeats,
        lambda: decrypt_samples(residues, SEED_KEY),
        lambda: [pow(c, d, n) for c in numbers],
    )
    yield compared(f"{what} decrypt", ours, name, other, 100)
    picture = read_picture(png_of(pixels))
    (whole,) = medians(repeats, lambda: TEXTBOOK_PIXELS.seal(picture, [public]))
    yield Line(f"{what} PNG decoded and sealed", seconds(whole))


def oaep_blocks(_folder: Path, _key: KeyPair, quick: bool) -> Iterator[Line]:
    """A picture of about a megabyte under 2048 bits, by one process and by two."""
    key = KeyPair.generate(2048)
    side = 240 if quick else 600
    noise = np.random.default_rng(6).integers(0, 256, (side, side, 3), np.uint8)
    picture = read_picture(png_of(noise))
    envelope = OAEP_BLOCKS.seal(picture, [key.public]).envelope
    one, two = medians(
        1 if quick else 3,
        lambda: OAEP_BLOCKS.open(envelope, key, processes=1),
        lambda: OAEP_BLOCKS.open(envelope, key, processes=2),
    )
    what = f"oaep-blocks, open {len(picture.data) / MB:.1f} MB, 2 processes"
    yield compared(what, two, "1 process", one, 1.7)


def memory(folder: Path, _key: KeyPair, _quick: bool) -> Iterator[Line]:
    """Peak memory of the command line sealing 50 MB, above that for a file of 1 KB."""
    peaks = []
    for name, size in (("small", 1000), ("large", 50 * MB)):
        (folder / f"{name}.png").write_bytes(PNG + os.urandom(size - len(PNG)))
        peaks.append(printed(_PEAK, *sealing(folder, folder / f"{name}.png", folder / name)))
    above = (peaks[1] - peaks[0]) / MB
    yield Line(
        "command line, seal 50 MB: peak memory above start",
        f"{above:.1f} MB",
        f"1 KB: {peaks[0] / MB:.1f} MB in all",
        promise="under 40 MB",
        kept=above < 40,
    )


def bulk(folder: Path, _key: KeyPair, quick: bool) -> Iterator[Line]:
    """500 pictures of 0.1 to 2 MB, as many small as large ones on a logarithmic scale."""
    dice = random.Random(7)  # noqa: S311  (sizes)
    count = 50 if quick else 500
    album, out = folder / "album", folder / "out"
    album.mkdir()
    total = 0
    for number in range(count):
        data = PNG + os.urandom(int(0.1 * MB * 20 ** dice.random()))
        (album / f"{number:03}.png").write_bytes(data)
        total += len(data)

    def shell(loop: str) -> None:
        out.mkdir(exist_ok=True)
        quietly("/bin/sh", "-ec", f"for f in album/*; do {loop}; done", folder=folder)

    def ours() -> None:
        quietly(sys.executable, "-m", "rsa_core", *sealing(folder, album, out, jobs=2))

    rivals = {}
    if OPENSSL is not None:
        certificate(folder)
        to = " ".join(OAEP)
        rivals["openssl"] = (
            f"{OPENSSL} cms -encrypt -binary -aes-256-gcm -in $f -outform DER "
            f"-out out/${{f##*/}}.p7m -keyid -recip key.crt {to}"
        )
    if AGE is not None and KEYGEN is not None:
        quietly(KEYGEN, "-o", folder / "age.key")
        quietly("/bin/sh", "-ec", f"{KEYGEN} -y age.key > age.pub", folder=folder)
        rivals["age"] = f"{AGE} -R age.pub -o out/${{f##*/}}.age $f"
    loops = [lambda loop=loop: shell(loop) for loop in rivals.values()]
    found = medians(1 if quick else 5, ours, *loops, tidy=lambda: shutil.rmtree(out))
    what = f"command line, encrypt {count} pictures ({total / MB:.0f} MB), 2 jobs"
    for name, least in (("openssl", 5.0), ("age", 1.0)):
        if name in rivals:
            other = found[1 + list(rivals).index(name)]
            yield compared(what, found[0], f"shell loop of {name}", other, least)
        else:
            yield Line(what, seconds(found[0]), f"{name} is not installed")


def gcm(content_key: bytes) -> GcmMode:
    """The bare cipher."""
    return AES.new(content_key, AES.MODE_GCM, nonce=bytes(12))


def cms(folder: Path, *arguments: str) -> None:
    """One run of OpenSSL."""
    quietly(str(OPENSSL), "cms", *arguments, "-out", "result", folder=folder)


def certificate(folder: Path) -> None:
    """OpenSSL takes recipients as certificates."""
    quietly(
        str(OPENSSL), "req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "2",
        "-out", "key.crt", folder=folder,
    )  # fmt: skip


def sealing(folder: Path, source: Path, out: Path, jobs: int = 1) -> list[str]:
    """Arguments of the command line."""
    to = str(folder / "key.pub.pem")
    return ["encrypt", "--to", to, str(source), "--out", str(out), "--jobs", str(jobs)]


if __name__ == "__main__":
    raise SystemExit(main())
