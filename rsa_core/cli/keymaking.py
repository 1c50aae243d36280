"""`keygen` and `fingerprint`: keys made, and named."""

from argparse import Namespace
from pathlib import Path

from rsa_core import (
    SEED_KEY,
    WEAKNESSES,
    AnyPublicKey,
    ClassroomKeyPair,
    KeyPair,
    make_weak,
)
from rsa_core.cli.console import DONE, KEY_TROUBLE, CommandError, about, complain, tell
from rsa_core.cli.files import check_free, write_whole
from rsa_core.cli.keyfiles import new_passphrase, passphrase_in, read_public_key
from rsa_core.key_files import passphrases

_OWNER_ONLY = 0o600


def keygen(args: Namespace) -> int:
    """Makes a key pair and writes both halves; gives the exit status."""
    if args.classroom is not None or args.seed_key or args.weak is not None:
        return _classroom(args)
    _check(args.out, args.force)
    passphrase: str | bytes | None = None
    if args.passphrase_file is not None:
        passphrase = passphrase_in(args.passphrase_file)
    elif not args.no_passphrase:
        passphrase = new_passphrase()
    if passphrase is not None:
        with about(args.passphrase_file or args.out, KEY_TROUBLE):
            passphrases.written(passphrase)
    pair = KeyPair.generate(args.bits)
    _write(args.out, pair.pem(passphrase), pair.public.pem(), args.force)
    if passphrase is None:
        complain(f"{args.out}: the private key is stored in clear, readable by its owner only")
    _describe(pair.public)
    return DONE


def fingerprint(args: Namespace) -> int:
    """Says a public key's names; gives the exit status."""
    _describe(read_public_key(args.key))
    return DONE


def public_path(private: Path) -> Path:
    """alice.pem, alice.pub.pem; weak.txt, weak.pub.txt; alice, alice.pub."""
    return private.with_name(f"{private.stem}.pub{private.suffix}")


def _classroom(args: Namespace) -> int:
    if args.passphrase_file is not None:
        raise CommandError("classroom keys are insecure, and have no passphrase")
    pairs: tuple[ClassroomKeyPair, ...]
    if args.seed_key:
        pairs = (SEED_KEY,)
    elif args.weak is not None:
        tell(f"{args.weak}: {WEAKNESSES[args.weak].lesson}")
        pairs = make_weak(args.weak, args.classroom or 1024)
    else:
        pairs = (ClassroomKeyPair.generate(args.classroom),)
    outs = [args.out]
    if len(pairs) > 1:
        outs = [
            args.out.with_name(f"{args.out.stem}-{number}{args.out.suffix}")
            for number in range(1, len(pairs) + 1)
        ]
    for out in outs:
        _check(out, args.force)
    for out, pair in zip(outs, pairs, strict=True):
        _write(out, pair.text(), pair.public.text(), args.force)
        _describe(pair.public)
    tell("insecure: a classroom key, made to be broken")
    return DONE


def _check(out: Path, force: bool) -> None:
    for path in (out, public_path(out)):
        with about(path):
            check_free(path, force=force)


def _write(out: Path, private: str, public: str, force: bool) -> None:
    for path, text, mode in ((out, private, _OWNER_ONLY), (public_path(out), public, 0o666)):
        with about(path):
            write_whole(path, text.encode("ascii"), force=force, mode=mode)
        tell(f"wrote         {path}")


def _describe(key: AnyPublicKey) -> None:
    tell(f"key           RSA, {key.bits} bits, e = {key.e}")
    tell(f"fingerprint   {key.fingerprint.hex()}")
    tell(f"safety number {key.safety_number}")
