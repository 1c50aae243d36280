"""What every scheme offers, and the plain values that go in and come out.

A scheme turns a picture into an envelope for some recipients and back. Three things differ
from scheme to scheme, and each is a fact that callers may read: which kind of key it uses,
what comes back exactly (the file's bytes, or the decoded samples), and whether the envelope
notices changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from rsa_core.classroom import ClassroomKeyPair, ClassroomPublicKey
from rsa_core.keys import KeyPair, PublicKey

if TYPE_CHECKING:
    from rsa_core.pictures import Picture, Pixels
    from rsa_core.residues import Residues

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
AnyPublicKey = PublicKey | ClassroomPublicKey
AnyKeyPair = KeyPair | ClassroomKeyPair


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope just made.

    Attributes:
        digest: SHA-256 of the envelope's content part (parameters, ciphertext, tag; not the
            recipients), 32 bytes. What a signature covers.
        commitment: SHA-256 commitment to the content key, 32 bytes; None where there is none.
        content_key: for a sealer who means to add recipients later; None where there is none.
    """

    envelope: bytes
    digest: bytes
    commitment: bytes | None
    content_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out of an envelope.

    Attributes:
        file: the sender's own bytes where the scheme keeps the file, a PNG of the exact samples
            where it keeps the pixels.
        pixels: uint8 or uint16, shape (H, W) or (H, W, C); None where the scheme keeps the file.
        digest: as in `Sealed`, computed from the envelope that was opened.
        commitment: as in `Sealed`, computed from the content key that opened it.
        left_out: what of the sender's picture did not travel, one short phrase each.
    """

    file: bytes = field(repr=False)
    pixels: Pixels | None = field(repr=False)
    digest: bytes
    commitment: bytes | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """What an envelope says in clear about one recipient.

    Attributes:
        key_id: how the envelope names the key: the 20-byte subject key identifier in `hybrid`,
            the 32-byte fingerprint in classroom containers; None where it is named otherwise.
        key_bits: length of the modulus in bits, a multiple of 8 where only the wrapped key's
            length tells it.
    """

    key_id: bytes | None
    key_bits: int


@dataclass(frozen=True, slots=True)
class Capture:
    """A ciphertext as an interceptor sees it: no key was used to make this value.

    Attributes:
        size: length of the whole envelope in bytes.
        recipients: in the envelope's own order.
        parameters: public parameters in reading order, names and values as text.
        ciphertext: for `hybrid` the AES-GCM output; for the block schemes the first recipient's
            copy, residues as big-endian integers of `residue_width` bytes; empty for
            `textbook-pixels`, whose `residues` written out would be gigabytes.
            `views.ciphertext_head` gives the beginning of either.
        residue_width: bytes for one residue; 1 where there are no residues.
        shape: of the residues where there is one for each sample byte: (H, W) or (H, W, C), for
            16-bit samples (H, W, 2) or (H, W, 2 C), the high byte of each first; None without a
            pixel grid.
        wide: samples have 16 bits.
        moduli: the classroom keys (n, e) of the recipients, empty for safe schemes.
        residues: for `textbook-pixels` one dictionary for each recipient, in their order.
    """

    scheme: str
    size: int
    recipients: tuple[RecipientFacts, ...]
    parameters: tuple[tuple[str, str], ...]
    ciphertext: bytes = field(repr=False)
    residue_width: int
    shape: tuple[int, ...] | None
    moduli: tuple[tuple[int, int], ...]
    residues: tuple[Residues, ...] = field(default=(), repr=False)
    wide: bool = False


Public_contra = TypeVar("Public_contra", PublicKey, ClassroomPublicKey, contravariant=True)
Private_contra = TypeVar("Private_contra", KeyPair, ClassroomKeyPair, contravariant=True)


class Scheme(Protocol, Generic[Public_contra, Private_contra]):
    """One way to make ciphertext. Implementations are modules' only instances, stateless."""

    @property
    def name(self) -> str:
        """As in `SCHEMES`, envelopes and manifests."""

    @property
    def title(self) -> str:
        """The name as people read it."""

    @property
    def summary(self) -> str:
        """One sentence for people; says "insecure" where that is so."""

    @property
    def secure(self) -> bool:
        """Whether it is for real use."""

    @property
    def authenticated(self) -> bool:
        """Whether changes to the envelope are noticed."""

    @property
    def key_kind(self) -> Literal["key pair", "classroom key"]:
        """Which kind of key it takes."""

    @property
    def keeps(self) -> Literal["file", "pixels"]:
        """What comes back exactly."""

    @property
    def suffix(self) -> str:
        """Of an envelope's file name: ".p7m" or ".rsaimg"."""

    def seal(
        self,
        picture: Picture,
        recipients: Sequence[Public_contra],
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Sealed:
        """Encrypts a picture for one or more recipients.

        `progress` is called with the part done, 0 to 1, unless the scheme takes but a moment;
        `cancelled` is asked while long work goes on. Both are called in this thread.

        Raises:
            ValueError: no recipients, or the same one twice.
            KeyFormatError: a key that this scheme does not take.
            LimitError: the picture is too large for this scheme.
            PictureError: it has no samples, and this scheme keeps pixels.
        """

    def open(
        self,
        envelope: bytes,
        key: Private_contra,
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Opened:
        """Decrypts an envelope; `progress` and `cancelled` as in `seal`.

        Raises:
            EnvelopeFormatError: not an envelope of this scheme.
            RecipientError: the envelope names recipients, and this key is none of them.
            LimitError: opening would take too long (classroom schemes).
            DecryptionError: anything else, in one voice.
        """

    def capture(self, envelope: bytes) -> Capture:
        """Reads what is public, without any key (EnvelopeFormatError: not of this scheme)."""
