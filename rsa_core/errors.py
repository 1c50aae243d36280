"""What can go wrong in `rsa_core`, and in which voice it is said.

Errors about public bytes are exact: they show what was found and what was expected. Whatever
touched a private key fails in one voice, so that no message is an oracle. No message ever
contains plaintext, key material or text that a user typed.
"""


class RsaCoreError(Exception):
    """Base class; never raised itself."""


class KeyFormatError(RsaCoreError):
    """Not a key that is accepted. Says what the bytes are and what is expected."""


class PassphraseError(RsaCoreError):
    """The private key did not open: the passphrase is missing (`missing`) or wrong."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class PictureError(RsaCoreError):
    """Not a picture that is accepted. One short sentence that says what to do."""


class DecodingError(PictureError):
    """Decoding took longer, or more memory, than it may. The picture may be sound."""


class LimitError(RsaCoreError):
    """The work would be too large. Says how large, and what the limit is."""


class ArchiveError(RsaCoreError):
    """A zip file, or a file in it, cannot be taken. One short sentence that says what to do."""


class BusyError(RsaCoreError):
    """Heavy work finds no place now. One short sentence that says what to do."""


class CancelledError(RsaCoreError):
    """The caller asked long work to stop. Nothing was made."""


class EnvelopeFormatError(RsaCoreError):
    """Not an envelope. The bytes are public, so say exactly what is wrong."""


class RecipientError(RsaCoreError):
    """The envelope is not for this key pair: none of its recipients is this public key."""


class DecryptionError(RsaCoreError):
    """The envelope did not open. Same words for every cause: no oracle."""

    def __init__(self) -> None:
        super().__init__("this key pair cannot open this envelope")


class SignatureError(RsaCoreError):
    """The signature does not hold. Same words for every cause."""

    def __init__(self) -> None:
        super().__init__("the signature does not match this envelope and this sender")
