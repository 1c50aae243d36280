"""The commands and their arguments, and how every error becomes one line and a status."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

from rsa_core import RsaCoreError
from rsa_core.cli.console import (
    DASH,
    ENDINGS,
    FAILED,
    INTERRUPTED,
    USAGE,
    CommandError,
    complain,
    giving_data,
    reason,
    survive_any_text,
)

_ABOUT = (
    "Encrypts pictures for people who have RSA keys, and shows what breaks when it is done badly."
)
_STATUS = """\
exit status:
  0    everything was done, or was done before and is intact
  1    something could not be done, or looks like a picture and was passed over; the standard
       error says what
  2    the command line is wrong
  3    a key or a passphrase cannot be used; nothing was done
  4    attack: the attack did not break it
  130  interrupted; no half-written file is left, and the same command goes on

As FILE, - is the standard input; as an output, the standard output, and what there is to say goes
to the standard error.

Nothing is overwritten without --force. Passphrases come from a prompt or from --passphrase-file.
"""
_KEYGEN = """\
Writes a private key and, beside it, the public key to hand out: alice.pem and alice.pub.pem.
Both are standard PEM that OpenSSL reads. The passphrase is asked for unless one of the two
options says otherwise. The private file is readable by its owner only.

Classroom keys (--classroom, --seed-key, --weak) are text files with the numbers n, e, d, p and q.
They are for textbook-pixels and textbook-blocks, and insecure: they are made to be broken.
"""
_ENCRYPT = """\
Encrypts pictures, and all pictures in folders, for one or more people.

  hybrid           for real use, and the default: FILE.p7m, which OpenSSL opens too. Files go
                   through as they are, of any size, and come back byte for byte
  oaep-blocks      RSA alone: slow, and blocks can be cut and pasted. FILE.rsaimg
  textbook-pixels  insecure; the pixels come back, as PNG. FILE.rsaimg
  textbook-blocks  insecure; the pixels come back, as PNG. FILE.rsaimg

hybrid and oaep-blocks take the .pub.pem of `keygen`, the textbook schemes the .pub.txt of
`keygen --classroom`. A file that was done before and is intact is skipped: the manifest, a CSV
file in the output folder, remembers. It names your pictures and their SHA-256 in clear: keep it.
"""
_DECRYPT = """\
Opens envelopes (.p7m, .rsaimg), and all envelopes in folders, with one private key. Pictures get
their names back. An envelope that was changed is refused, except by the textbook schemes and
oaep-blocks, which do not notice. Signatures are not checked here.
"""
_ANALYZE = """\
Statistics of a picture or of an envelope's ciphertext: histogram, entropy, correlation and more,
each with what ideal noise gives and a p-value corrected for the number of tests. Of folders and
several files each gets one line; --csv has all the numbers.
"""
_ATTACK = """\
Attacks an envelope with what an interceptor has: the envelope, public keys, perhaps other
envelopes. What was recovered is written where --out, --forged and --key-out say. Where several
pictures fit, the further ones are written beside --out as NAME-2.png, NAME-3.png ...

`attack shared-primes FOLDER` compares all public keys in a folder instead.

methods:
"""
_HEALTH = """\
Says which attacks each public key invites, and what each would cost. What takes seconds is tried;
the keys are also compared with each other. A folder stands for the keys in it and below.
"""


class _Parser(argparse.ArgumentParser):
    """Says an error in one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(USAGE)


def parser(wanted: str) -> argparse.ArgumentParser:
    """The command line; only the command that is wanted has its arguments, and is imported."""
    plain = argparse.RawDescriptionHelpFormatter
    top = _Parser(
        "python -m rsa_core",
        description=_ABOUT,
        epilog=_STATUS,
        formatter_class=plain,
        allow_abbrev=False,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    for name, summary, about, declare in (
        ("keygen", "make a key pair", _KEYGEN, _keygen),
        ("encrypt", "encrypt pictures and folders", _ENCRYPT, _encrypt),
        ("decrypt", "open envelopes", _DECRYPT, _decrypt),
        ("inspect", "say what is public about an envelope; needs no key", "", _inspect),
        ("fingerprint", "say a public key's fingerprint and safety number", "", _fingerprint),
        ("analyze", "measure a picture or a ciphertext", _ANALYZE, _analyze),
        ("attack", "try to break an envelope without its key", _ATTACK, _attack),
        ("health", "say which attacks a public key invites", _HEALTH, _health),
    ):
        command = commands.add_parser(
            name,
            help=summary,
            description=about or summary,
            formatter_class=plain,
            # Or --passphrase would be short for --passphrase-file, and invite the secret itself.
            allow_abbrev=False,
        )
        if name == wanted:
            declare(command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit status (see `console`)."""
    survive_any_text()
    words = sys.argv[1:] if argv is None else argv
    wanted = next((word for word in words if not word.startswith("-")), "")
    args = parser(wanted).parse_args(words)
    try:
        with _terminable(), _outputs(args):
            status: int = args.run(args)
            if sys.stdout is not None:
                sys.stdout.flush()
            return status
    except CommandError as error:
        complain(str(error))
        return error.status
    except BrokenPipeError:  # who read our output has seen enough
        _drop_output()
        return FAILED
    except (RsaCoreError, OSError) as error:
        complain(reason(error))
        _drop_output()
        return FAILED
    except KeyboardInterrupt:
        on = "; the same command goes on where it stopped"
        complain("interrupted" + on * (args.command in ("encrypt", "decrypt")))
        return INTERRUPTED


def _outputs(args: argparse.Namespace) -> AbstractContextManager[None]:
    """Where an output is `-`, the standard output is for that alone."""
    named = [getattr(args, name, None) for name in ("out", "csv", "forged", "key_out")]
    if DASH not in named:
        return nullcontext()
    if args.command == "keygen" or named.count(DASH) > 1:
        raise CommandError("the standard output takes one file: give names instead of -", USAGE)
    return giving_data()


def _drop_output() -> None:
    """Nothing more can be said there, and Python would try again at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _keygen(command: argparse.ArgumentParser) -> None:
    from rsa_core import KEY_SIZES, WEAKNESSES
    from rsa_core.cli import keymaking
    from rsa_core.keys import DEFAULT_KEY_SIZE

    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="private key")
    command.add_argument(
        "--bits",
        type=int,
        choices=KEY_SIZES,
        default=DEFAULT_KEY_SIZE,
        help=f"length of the key, {DEFAULT_KEY_SIZE} by default",
    )
    secret = command.add_mutually_exclusive_group()
    secret.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase"
    )
    secret.add_argument(
        "--no-passphrase", action="store_true", help="store the private key in clear"
    )
    command.add_argument(
        "--classroom", type=int, metavar="BITS", help="an insecure classroom key, 12 to 4096 bits"
    )
    command.add_argument(
        "--seed-key", action="store_true", help="the classroom key p = 61, q = 53, e = 7"
    )
    command.add_argument(
        "--weak",
        choices=tuple(WEAKNESSES),
        metavar="NAME",
        help=f"a classroom key that fails in one way: {', '.join(WEAKNESSES)}",
    )
    command.add_argument("--force", action="store_true", help="overwrite what is there")
    command.set_defaults(run=keymaking.keygen)


def _encrypt(command: argparse.ArgumentParser) -> None:
    from rsa_core import SCHEMES
    from rsa_core.cli import transfer

    command.add_argument(
        "--to",
        type=Path,
        action="append",
        required=True,
        metavar="KEY",
        help="public key of a recipient; may be given several times",
    )
    command.add_argument(
        "--scheme", choices=tuple(SCHEMES), default="hybrid", help="hybrid by default"
    )
    _batch(command, "PICTURE")
    command.set_defaults(run=transfer.encrypt)


def _decrypt(command: argparse.ArgumentParser) -> None:
    from rsa_core.cli import transfer

    command.add_argument("--key", type=Path, required=True, metavar="KEY", help="private key")
    command.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase"
    )
    _batch(command, "FILE")
    command.set_defaults(run=transfer.decrypt)


def _batch(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("files", type=Path, nargs="+", metavar=what, help="files and folders")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="output folder, or -"
    )
    command.add_argument(
        "--jobs", type=_processes, metavar="N", help="processes; one for each core by default"
    )
    command.add_argument(
        "--manifest", type=Path, metavar="CSV", help="manifest.csv in the output folder by default"
    )
    command.add_argument(
        "--force", action="store_true", help="do again what is done, and overwrite"
    )


def _inspect(command: argparse.ArgumentParser) -> None:
    from rsa_core.cli import laboratory

    command.add_argument("file", type=Path, metavar="FILE", help=".p7m or .rsaimg")
    command.set_defaults(run=laboratory.inspect)


def _fingerprint(command: argparse.ArgumentParser) -> None:
    from rsa_core.cli import keymaking

    command.add_argument("key", type=Path, metavar="KEY", help=".pub.pem, .der or .pub.txt")
    command.set_defaults(run=keymaking.fingerprint)


def _analyze(command: argparse.ArgumentParser) -> None:
    from rsa_core.cli import analyzing

    command.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="pictures, envelopes and folders"
    )
    command.add_argument("--csv", type=Path, metavar="OUT", help="write the table there, too")
    command.add_argument(
        "--original",
        type=Path,
        metavar="PICTURE",
        help="the plaintext of the same shape: MAE, PSNR and SSIM",
    )
    command.add_argument(
        "--partner",
        type=Path,
        metavar="FILE",
        help="ciphertext of a picture that differs in one sample: NPCR, UACI and bit change",
    )
    command.add_argument("--force", action="store_true", help="overwrite what is there")
    command.set_defaults(run=analyzing.analyze)


def _attack(command: argparse.ArgumentParser) -> None:
    from rsa_core.attacks import ATTACKS
    from rsa_core.cli import laboratory

    methods = (f"  {name:<15}{one.title}\n" for name, one in ATTACKS.items())
    command.description = _ATTACK + "".join(methods)
    command.add_argument(
        "method", choices=tuple(ATTACKS), metavar="METHOD", help="one of those above"
    )
    command.add_argument("file", type=Path, metavar="FILE", help=".rsaimg or .p7m, or a folder")
    command.add_argument(
        "--known-bits",
        type=_upper_digits,
        metavar="HEX",
        help="known-bits: a prime in hexadecimal, with ? for each digit that is unknown at its end",
    )
    for option, metavar, text in (
        ("--public-key", "KEY", "a public key that was seen; may be given several times"),
        ("--other", "FILE", "another envelope that was seen; may be given several times"),
    ):
        command.add_argument(
            option, type=Path, action="append", default=[], metavar=metavar, help=text
        )
    command.add_argument("--own", type=Path, metavar="KEY", help="your own classroom key")
    command.add_argument("--out", type=Path, metavar="PICTURE", help="the recovered picture")
    command.add_argument("--forged", type=Path, metavar="FILE", help="the forged envelope")
    command.add_argument("--key-out", type=Path, metavar="FILE", help="the recovered private key")
    command.add_argument(
        "--seconds", type=_seconds, default=60.0, metavar="S", help="budget of time, 60 by default"
    )
    command.add_argument(
        "--memory", type=_megabytes, default=1024, metavar="MB", help="1024 by default"
    )
    command.add_argument("--force", action="store_true", help="overwrite what is there")
    command.set_defaults(run=laboratory.attack)


def _health(command: argparse.ArgumentParser) -> None:
    from rsa_core.cli import keychecks

    command.add_argument("keys", type=Path, nargs="+", metavar="KEY", help="files and folders")
    command.set_defaults(run=keychecks.health)


def _upper_digits(text: str) -> tuple[int, int]:
    """A number whose last digits are unknown, and how many bits they have."""
    known = text.removeprefix("0x").rstrip("?")
    unknown = 4 * (len(text.removeprefix("0x")) - len(known))
    try:
        return int(known, 16) << unknown, unknown
    except ValueError:
        raise argparse.ArgumentTypeError(
            "not hexadecimal digits with ? for the unknown ones at the end"
        ) from None


def _seconds(text: str) -> float:
    return float(_bounded(text, 86_400))


def _megabytes(text: str) -> int:
    return _bounded(text, 1 << 20)


def _processes(text: str) -> int:
    return _bounded(text, 256)


def _bounded(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"not a number from 1 to {most}")
    return int(text)


@contextmanager
def _terminable() -> Iterator[None]:
    """Ends on SIGTERM and SIGHUP as on Ctrl-C: tidily. What `nohup` ignores stays ignored."""

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():  # only it may ask for signals
        for number in ENDINGS:
            if number != signal.SIGINT and signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
