"""`health` and `attack shared-primes FOLDER`: public keys examined, without an envelope."""

from argparse import Namespace
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from rsa_core import AnyPublicKey, Finding, key_health
from rsa_core.attacks.numbers import sharing
from rsa_core.cli.console import DONE, FAILED, NOT_BROKEN, CommandError, complain, tell
from rsa_core.cli.keyfiles import read_public_key
from rsa_core.cli.single import check_outputs, write

Found = tuple[Path, AnyPublicKey]


def health(args: Namespace) -> int:
    """Says which attacks each key invites; gives the exit status."""
    found, passed = _keys(args.keys)
    for path, key in found:
        tell(f"{path}: RSA, {key.bits} bits, e = {_short(key.e)}")
        others = [other for where, other in found if where != path]
        page = key_health(key, others)
        width = max(len(one.attack) for one in page)
        for one in page:
            opens = "" if one.concerns == "key" else " (textbook schemes only)"
            needs = "" if one.needs == "nothing" else f"; needs {one.needs}"
            tell(f"  {one.verdict:<8}  {one.attack:<{width}}  {one.cost}{needs}{opens}")
        tell(f"  {_summary(page)}")
    return FAILED if passed else DONE


def compare(args: Namespace) -> int:
    """Batch GCD over all keys in a folder; gives the exit status."""
    if args.out is not None or args.forged is not None:
        raise CommandError("a folder of keys gives keys, and no picture: use --key-out")
    check_outputs(args.key_out, force=args.force)
    found, _ = _keys([args.file])
    moduli = list(dict.fromkeys(key.n for _, key in found))
    shared = sharing(moduli)
    tell(f"{len(found)} public keys, {len(moduli)} different moduli, {len(shared)} broken")
    by_prime: dict[int, list[Path]] = {}
    lines = []
    for path, key in found:
        for prime in shared.get(key.n, ()):
            by_prime.setdefault(prime, []).append(path)
        if key.n in shared:
            p, q = shared[key.n]
            lines.append(f"{path}\nn = {key.n}\ne = {key.e}\np = {p}\nq = {q}\n")
    for prime, paths in by_prime.items():
        if len(paths) > 1:
            names = ", ".join(map(str, paths))
            tell(f"a factor of {prime.bit_length()} bits in common: {names}")
    for one, two in _same_modulus(found):
        tell(f"one modulus under two exponents, each holder has the other's key: {one}, {two}")
    if args.key_out is not None and lines:
        write(args.key_out, "\n".join(lines).encode(), force=args.force, mode=0o600)
    return DONE if shared else NOT_BROKEN


def _keys(paths: Sequence[Path]) -> tuple[list[Found], int]:
    """All public keys in files and folders, and how many files of the folders are none.

    Each of those is told; a file that was named has to be a key (CommandError).
    """
    found: list[Found] = []
    passed = 0
    for path in paths:
        if not path.is_dir():
            found.append((path, read_public_key(path)))
            continue
        for inner in sorted(one for one in path.rglob("*") if one.is_file()):
            try:
                found.append((inner, read_public_key(inner)))
            except CommandError as error:
                complain(f"passed over: {error}")
                passed += 1
    if not found:
        raise CommandError("there is no public key in what was named")
    return found, passed


def _same_modulus(found: Sequence[Found]) -> list[tuple[Path, Path]]:
    by_modulus: dict[int, list[Found]] = {}
    for path, key in found:
        by_modulus.setdefault(key.n, []).append((path, key))
    return [
        (one[0], two[0])
        for group in by_modulus.values()
        for one, two in combinations(group, 2)
        if one[1].e != two[1].e
    ]


def _summary(page: Sequence[Finding]) -> str:
    for verdict in ("broken", "at risk"):
        names = [one.attack for one in page if (one.concerns, one.verdict) == ("key", verdict)]
        if names:
            return f"this key is {verdict}: {', '.join(names)}"
    return "this key resists what was tried; no key saves a picture sent without padding"


def _short(number: int) -> str:
    return str(number) if number.bit_length() <= 64 else f"a number of {number.bit_length()} bits"
