"""CMS AuthEnvelopedData with AES-256-GCM, to the byte (RFC 5083, 5084, 5652).

    ContentInfo ::= SEQUENCE {
        contentType  id-ct-authEnvelopedData,
        content  [0] SEQUENCE {
            version                   INTEGER 0,
            recipientInfos            SET OF KeyTransRecipientInfo (see `wrapping`), and `roll`,
            authEncryptedContentInfo  SEQUENCE {
                contentType                 id-data,
                contentEncryptionAlgorithm  aes256-GCM { nonce 12 B, tag length 16 },
                encryptedContent        [0] ciphertext, as long as the plaintext },
            mac                       OCTET STRING, the tag, 16 B } }

There are no originator info and no attributes. The digest of an envelope is the SHA-256 of
authEncryptedContentInfo and mac as they stand in DER: not of the recipients, who may be added to.

`parse` takes DER, and then exactly what `Layout.head` and `Layout.tail` would write for the same
values; or the BER that `openssl cms -encrypt -stream` writes: indefinite lengths around the
content, whose octets come in pieces. Which of the two is decided by the first length.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from Crypto.Random import get_random_bytes

from rsa_core.envelopes import der, roll, wrapping
from rsa_core.envelopes.wrapping import Recipient
from rsa_core.errors import EnvelopeFormatError
from rsa_core.keys import KeyPair, PublicKey

NONCE_BYTES = roll.NONCE_BYTES
TAG_BYTES = 16
MAX_RECIPIENTS = 1000
# OpenSSL writes pieces of 4 KiB; a hostile file of empty ones would fill the memory.
MAX_PIECES = 200_000

_AUTH_ENVELOPED = der.object_id("1.2.840.113549.1.9.16.1.23")
_DATA = der.object_id("1.2.840.113549.1.7.1")
_AES_256_GCM = der.object_id("2.16.840.1.101.3.4.1.46")
_VERSION = der.small_integer(0)
_TAG_LENGTH = der.small_integer(TAG_BYTES)
_OTHER_TYPES = {
    der.object_id("1.2.840.113549.1.7.1"): "Data",
    der.object_id("1.2.840.113549.1.7.2"): "SignedData",
    der.object_id("1.2.840.113549.1.7.3"): "EnvelopedData, which does not notice changes",
}
_MAX_SMALL = 256
# Others than ours may be long: key agreement names many people in one.
_MAX_INFO_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """All of an envelope but its ciphertext, of `size` bytes, and its tag.

    `infos` are encoded RecipientInfos, sorted as DER sorts them when written; `nonce` is 12 bytes.
    """

    infos: tuple[bytes, ...]
    nonce: bytes
    size: int

    @classmethod
    def fresh(cls, content_key: bytes, recipients: Sequence[PublicKey], size: int) -> "Layout":
        """The layout of a new envelope: the content key wrapped for each, and their roll.

        Raises ValueError for no recipients, the same one twice, or more than 1000.
        """
        if not 1 <= len(recipients) <= MAX_RECIPIENTS:
            raise ValueError(f"an envelope has 1 to {MAX_RECIPIENTS} recipients")
        if len(set(recipients)) != len(recipients):
            raise ValueError("a recipient stands twice")
        infos = (wrapping.wrap(content_key, recipient) for recipient in recipients)
        return cls(roll.call(content_key, infos), roll.nonce_for(content_key), size)

    def content_head(self) -> bytes:
        """The authEncryptedContentInfo, up to the ciphertext."""
        parameters = der.sequence(der.octet_string(self.nonce), _TAG_LENGTH)
        before = _DATA + der.sequence(_AES_256_GCM, parameters)
        before += bytes([der.CONTEXT_0]) + der.length(self.size)
        return _header(der.SEQUENCE, len(before) + self.size) + before

    def head(self) -> bytes:
        """Everything before the ciphertext."""
        before = _VERSION + der.set_of(self.infos) + self.content_head()
        rest = self.size + len(self.tail(bytes(TAG_BYTES)))
        for tag, inside in ((der.SEQUENCE, b""), (der.CONTEXT_0_CONSTRUCTED, _AUTH_ENVELOPED)):
            before = inside + _header(tag, len(before) + rest) + before
        return _header(der.SEQUENCE, len(before) + rest) + before

    @staticmethod
    def tail(tag: bytes) -> bytes:
        """Everything after the ciphertext."""
        return der.octet_string(tag)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An envelope that was read, its ciphertext left in place.

    Attributes:
        recipients: those who are named by a KeyTransRecipientInfo, in the envelope's order.
        pieces: offset and length of each piece of the ciphertext; one piece in DER.
        tag: 16 bytes.
    """

    layout: Layout
    recipients: tuple[Recipient, ...]
    pieces: tuple[tuple[int, int], ...]
    tag: bytes

    def content_key(self, key: KeyPair) -> bytes:
        """The content key, or 32 random bytes if the recipients do not give it.

        Raises as `wrapping.content_key_for`. What else is wrong with the recipients is not
        reported here: the random key fails at the tag, in the same words and after the same work
        as a changed ciphertext does.
        """
        found = wrapping.content_key_for(key, self.recipients)
        if found is None or not roll.holds(found, self.layout.nonce, self.layout.infos):
            return get_random_bytes(wrapping.CONTENT_KEY_BYTES)
        return found

    def with_recipient(self, content_key: bytes, public: PublicKey) -> Layout:
        """The layout with one more recipient; a roll is rewritten.

        Raises ValueError where the recipient is there already, or there are 1000.
        """
        if any(one.key_id == public.key_id for one in self.recipients):
            raise ValueError("this recipient has the envelope already")
        if len(self.recipients) >= MAX_RECIPIENTS:
            raise ValueError(f"an envelope has at most {MAX_RECIPIENTS} recipients")
        infos = (*self.layout.infos, wrapping.wrap(content_key, public))
        if self.layout.nonce == roll.nonce_for(content_key):
            infos = roll.call(content_key, infos)
        return Layout(infos, self.layout.nonce, self.layout.size)

    def readdressed(self, content_key: bytes, old: PublicKey, new: PublicKey) -> Layout:
        """The layout with one recipient replaced by another; a roll is rewritten.

        Raises ValueError where no recipient is named by the key id of `old`.
        """
        kept = tuple(info for info in self.layout.infos if not _names(info, old.key_id))
        if len(kept) == len(self.layout.infos):
            raise ValueError("the old recipient is none of this envelope's")
        if all(one.key_id != new.key_id for one in self.recipients):
            kept = (*kept, wrapping.wrap(content_key, new))
        if self.layout.nonce == roll.nonce_for(content_key):
            kept = roll.call(content_key, kept)
        return Layout(kept, self.layout.nonce, self.layout.size)


def parse(file: BinaryIO) -> Parsed:
    """Reads a seekable file whole (EnvelopeFormatError: says where, and what was expected)."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    reader = der.Reader(file, end)
    if end and file.read(1) in b"-MC":
        raise EnvelopeFormatError("this is text, not an envelope in DER")
    file.seek(0)
    outer = reader.enter(der.SEQUENCE, "ContentInfo", indefinite=True)
    ber = outer is None
    _content_type(reader)
    explicit = reader.enter(der.CONTEXT_0_CONSTRUCTED, "content", indefinite=ber)
    data = reader.enter(der.SEQUENCE, "AuthEnvelopedData", indefinite=ber)
    if reader.whole("version", _MAX_SMALL) != _VERSION:
        raise EnvelopeFormatError("the version of AuthEnvelopedData is unknown; expected 0")
    infos = _infos(reader, indefinite=ber)
    content = reader.enter(der.SEQUENCE, "authEncryptedContentInfo", indefinite=ber)
    nonce = _content_parameters(reader)
    pieces = _ciphertext(reader, ber=ber)
    reader.leave(content, "authEncryptedContentInfo")
    tag = _mac(reader)
    for stop, what in ((data, "AuthEnvelopedData"), (explicit, "content"), (outer, "ContentInfo")):
        reader.leave(stop, what)
    if reader.at != end:
        raise EnvelopeFormatError(f"{end - reader.at} bytes follow the envelope; expected none")
    layout = Layout(infos, nonce, sum(size for _, size in pieces))
    if not ber:
        _check_strict(file, layout, pieces[0][0])
    return Parsed(layout, _recipients(infos), pieces, tag)


def _content_type(reader: der.Reader) -> None:
    found = reader.whole("content type", _MAX_SMALL)
    if found != _AUTH_ENVELOPED:
        what = _OTHER_TYPES.get(found, "something else")
        raise EnvelopeFormatError(f"this is CMS {what}; expected AuthEnvelopedData")


def _infos(reader: der.Reader, *, indefinite: bool) -> tuple[bytes, ...]:
    end = reader.enter(der.SET, "recipients", indefinite=indefinite)
    infos: list[bytes] = []
    left = _MAX_INFO_BYTES
    while end is None or reader.at < end:
        info = reader.whole("recipients", left)
        if end is None and info == der.END_OF_CONTENTS:
            break
        infos.append(info)
        left -= len(info)
        if len(infos) > MAX_RECIPIENTS + 1:
            raise EnvelopeFormatError(f"expected at most {MAX_RECIPIENTS} recipients")
    if end is not None:
        reader.leave(end, "recipients")
    if not infos:
        raise EnvelopeFormatError("no recipients; expected at least one")
    return tuple(infos)


def _names(info: bytes, key_id: bytes) -> bool:
    try:
        one = wrapping.parse(info)
    except EnvelopeFormatError:
        return False
    return one is not None and one.key_id == key_id


def _recipients(infos: Sequence[bytes]) -> tuple[Recipient, ...]:
    """Those that can be read: a damaged one is other people's business, unless it is alone."""
    found, damage = [], None
    for info in infos:
        try:
            one = wrapping.parse(info)
        except EnvelopeFormatError as error:
            damage = damage or error
            continue
        if one is not None:
            found.append(one)
    if damage is not None and not found:
        raise damage
    return tuple(found)


def _content_parameters(reader: der.Reader) -> bytes:
    if reader.whole("type of the content", _MAX_SMALL) != _DATA:
        raise EnvelopeFormatError("the content is of another type; expected id-data")
    end = reader.enter(der.SEQUENCE, "content cipher")
    if reader.whole("content cipher", _MAX_SMALL) != _AES_256_GCM:
        raise EnvelopeFormatError("another content cipher; expected AES-256-GCM")
    parameters = reader.enter(der.SEQUENCE, "parameters of AES-256-GCM")
    nonce = reader.content(der.OCTET_STRING, "nonce", _MAX_SMALL)
    if len(nonce) != NONCE_BYTES:
        raise EnvelopeFormatError(f"a nonce of {len(nonce)} bytes; expected {NONCE_BYTES}")
    # Left out, the tag's length is 12 (RFC 5084, 3.2): only 16 is strong enough here.
    if reader.at == parameters or reader.whole("tag length", _MAX_SMALL) != _TAG_LENGTH:
        raise EnvelopeFormatError(f"another length of tags; expected {TAG_BYTES}")
    reader.leave(parameters, "parameters of AES-256-GCM")
    reader.leave(end, "content cipher")
    return nonce


def _ciphertext(reader: der.Reader, *, ber: bool) -> tuple[tuple[int, int], ...]:
    at = reader.at
    tag, size = reader.header()
    if tag == der.CONTEXT_0 and size is not None:
        pieces = [(reader.at, size)]
        reader.skip(size)
        return tuple(pieces)
    if tag != der.CONTEXT_0_CONSTRUCTED or not ber:
        raise EnvelopeFormatError(f"at byte {at}: tag {tag:#04x}; expected 0x80 (ciphertext)")
    end = None if size is None else reader.at + size
    pieces = []
    while end is None or reader.at < end:
        at = reader.at
        tag, size = reader.header()
        if end is None and (tag, size) == (0, 0):
            break
        if tag != der.OCTET_STRING or size is None:
            raise EnvelopeFormatError(f"at byte {at}: expected an OCTET STRING (ciphertext)")
        pieces.append((reader.at, size))
        reader.skip(size)
        if len(pieces) > MAX_PIECES:
            raise EnvelopeFormatError(f"expected at most {MAX_PIECES} pieces of ciphertext")
    if end is not None:
        reader.leave(end, "ciphertext")
    return tuple(pieces)


def _mac(reader: der.Reader) -> bytes:
    at = reader.at
    tag, size = reader.header()
    if tag == 0xA1:
        raise EnvelopeFormatError("the envelope has authenticated attributes; expected none")
    if (tag, size) != (der.OCTET_STRING, TAG_BYTES):
        raise EnvelopeFormatError(f"at byte {at}: expected a tag of {TAG_BYTES} bytes")
    return reader.take(TAG_BYTES)


def _check_strict(file: BinaryIO, layout: Layout, start: int) -> None:
    """What stands before the ciphertext is what we would have written, to the byte."""
    file.seek(0)
    if file.read(start) != layout.head():
        raise EnvelopeFormatError("the bytes before the ciphertext are not strict DER")


def _header(tag: int, size: int) -> bytes:
    return bytes([tag]) + der.length(size)
