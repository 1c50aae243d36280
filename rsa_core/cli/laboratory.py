"""`inspect`, `analyze` and `attack`: what an envelope tells to somebody without its key."""

from argparse import Namespace
from pathlib import Path

from rsa_core import SCHEMES, Capture, EnvelopeFormatError
from rsa_core.cli.console import DONE, CommandError, reason, tell
from rsa_core.cli.jobs import scheme_of


def inspect(args: Namespace) -> int:
    """Says what is public about an envelope; gives the exit status."""
    capture = captured(args.file)
    scheme = SCHEMES[capture.scheme]
    tell(f"scheme        {scheme.name}: {scheme.title}")
    tell(f"size          {capture.size} bytes")
    if capture.ciphertext:
        tell(f"ciphertext    {len(capture.ciphertext)} bytes")
    if capture.shape is not None:
        tell(f"shape         {' x '.join(map(str, capture.shape))}")
    for name, value in capture.parameters:
        tell(f"{name:<13} {value}")
    for number, one in enumerate(capture.recipients, 1):
        named = one.key_id.hex() if one.key_id is not None else "named by issuer and serial number"
        tell(f"recipient {number:<3} {one.key_bits} bits, {named}")
    return DONE


def captured(path: Path) -> Capture:
    """What an interceptor sees of an envelope.

    Raises:
        CommandError: the file cannot be read, or is no envelope.
    """
    try:
        with path.open("rb") as file:
            scheme = SCHEMES[scheme_of(file)]
            return scheme.capture(file.read())
    except (OSError, EnvelopeFormatError) as error:
        raise CommandError(f"{path}: {reason(error)}") from None
