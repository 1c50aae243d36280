"""What dishonest senders, receivers and strangers try with signed envelopes; each is refused.

Every attack is shown to work as far as it goes: the envelope opens, its tag is valid, and only
the signed manifest stops it.
"""

import io
import os

import pytest
from Crypto.Cipher import AES

from rsa_core.envelopes import cms, roll, wrapping
from rsa_core.errors import RecipientError, SignatureError
from rsa_core.schemes.base import Sealed
from rsa_core.schemes.hybrid import open_bytes, seal_bytes, share_bytes
from rsa_core.signatures import Manifest, Part, accept, sign

PICTURE = b"the true picture"


class Post:
    """An image as it stands in a channel; receivers judge it by what they know themselves."""

    def __init__(self, manifest, signature, envelope, channel="here", image="image-1"):
        self.manifest = manifest
        self.signature = signature
        self.envelope = envelope
        self.channel = channel
        self.image = image

    def received(self, receiver, sender):
        """The receiver's way: verify, open, check; then only show."""
        manifest = accept(
            self.manifest,
            self.signature,
            sender=sender.public,
            channel=self.channel,
            picture=self.image,
            scheme="hybrid",
            recipient=receiver.public,
        )
        opened = open_bytes(self.envelope, receiver)
        manifest.check_part("picture", opened.digest, opened.commitment)
        return opened.data


def posted(sealed, sender, recipients, *, signer=None, channel="here", image="image-1"):
    manifest = Manifest(
        channel=channel,
        picture=image,
        scheme="hybrid",
        sender=sender.public.fingerprint,
        recipients=tuple(recipient.public.fingerprint for recipient in recipients),
        parts=(Part("picture", sealed.digest, sealed.commitment),),
    ).pack()
    return Post(manifest, sign(manifest, signer or sender), sealed.envelope, channel, image)


@pytest.fixture(scope="module")
def sent(alice, bob, carol):
    """From alice to bob and carol."""
    sealed = seal_bytes(PICTURE, [bob.public, carol.public])
    return posted(sealed, alice, [bob, carol])


@pytest.fixture(scope="module")
def dave(crowd):
    return crowd[-1]


def content_key(envelope, key):
    return cms.parse(io.BytesIO(envelope)).content_key(key)


def test_an_honest_post_is_received(sent, alice, bob, carol):
    assert sent.received(bob, alice) == sent.received(carol, alice) == PICTURE


def test_a_replay_under_another_identifier_is_refused(sent, alice, bob):
    again = Post(sent.manifest, sent.signature, sent.envelope, image="image-2")
    assert open_bytes(again.envelope, bob).data == PICTURE
    with pytest.raises(SignatureError):
        again.received(bob, alice)


def test_a_post_from_another_channel_is_refused(sent, alice, bob):
    elsewhere = Post(sent.manifest, sent.signature, sent.envelope, channel="elsewhere")
    with pytest.raises(SignatureError):
        elsewhere.received(bob, alice)


def test_surreptitious_forwarding_is_refused(sent, alice, bob, dave):
    """Bob passes alice's picture on to dave as if she had sent it to him."""
    shared = share_bytes(sent.envelope, bob, dave.public)
    assert open_bytes(shared.envelope, dave).data == PICTURE
    with pytest.raises(SignatureError):
        Post(sent.manifest, sent.signature, shared.envelope).received(dave, alice)
    sealed_again = seal_bytes(PICTURE, [dave.public])
    with pytest.raises(SignatureError):
        Post(sent.manifest, sent.signature, sealed_again.envelope).received(dave, alice)


def test_a_false_sender_name_is_refused(alice, bob, carol):
    """Bob signs, and names alice."""
    sealed = seal_bytes(b"a forgery", [carol.public])
    forged = posted(sealed, alice, [carol], signer=bob)
    with pytest.raises(SignatureError):
        forged.received(carol, alice)
    with pytest.raises(SignatureError):
        forged.received(carol, bob)


def test_another_s_envelope_under_an_own_signature_counts_as_one_s_own(sent, alice, bob, carol):
    """Bob may sign what alice sealed: it is then from bob, and from nobody else."""
    opened = open_bytes(sent.envelope, bob)
    sealed = Sealed(sent.envelope, opened.digest, opened.commitment)
    stolen = posted(sealed, bob, [carol])
    assert stolen.received(carol, bob) == PICTURE
    with pytest.raises(SignatureError):
        stolen.received(carol, alice)


def test_an_insider_who_swaps_the_content_is_refused(sent, alice, bob, carol):
    """Bob knows the content key: his forgery has a valid tag and the true roll."""
    key = content_key(sent.envelope, bob)
    parsed = cms.parse(io.BytesIO(sent.envelope))
    cipher = AES.new(key, AES.MODE_GCM, nonce=parsed.layout.nonce)
    ciphertext, tag = cipher.encrypt_and_digest(b"a false picture!")
    swapped = parsed.layout.head() + ciphertext + parsed.layout.tail(tag)
    opened = open_bytes(swapped, carol)
    assert opened.data == b"a false picture!"
    assert opened.commitment == Manifest.parse(sent.manifest).parts[0].commitment
    with pytest.raises(SignatureError):
        Post(sent.manifest, sent.signature, swapped).received(carol, alice)


def test_the_same_picture_sealed_anew_is_refused(sent, alice, bob, carol):
    """Bob seals alice's picture again, for carol, under alice's manifest."""
    anew = seal_bytes(PICTURE, [bob.public, carol.public])
    with pytest.raises(SignatureError):
        Post(sent.manifest, sent.signature, anew.envelope).received(carol, alice)


def test_the_envelope_of_another_post_is_refused(sent, alice, bob, carol):
    other = posted(seal_bytes(b"another", [bob.public]), alice, [bob], image="image-2")
    with pytest.raises(SignatureError):
        Post(sent.manifest, sent.signature, other.envelope).received(bob, alice)
    with pytest.raises(RecipientError):
        Post(sent.manifest, sent.signature, other.envelope).received(carol, alice)


def test_an_unsigned_envelope_is_refused(sent, alice, bob):
    stranger = seal_bytes(b"from nobody", [bob.public])
    with pytest.raises(SignatureError):
        Post(sent.manifest, b"", stranger.envelope).received(bob, alice)


def test_a_part_that_was_not_signed_is_refused(sent, bob):
    manifest = Manifest.parse(sent.manifest)
    opened = open_bytes(sent.envelope, bob)
    for name, digest, commitment in (
        ("details", opened.digest, opened.commitment),
        ("picture", bytes(32), opened.commitment),
        ("picture", opened.digest, bytes(32)),
        ("picture", opened.digest, None),
    ):
        with pytest.raises(SignatureError):
            manifest.check_part(name, digest, commitment)
    manifest.check_part("picture", opened.digest, opened.commitment)


# One ciphertext, two pictures ----------------------------------------------------------------

POLYNOMIAL = 0xE1 << 120


def times(x, y):
    """In GF(2^128) as GCM has it (SP 800-38D, 6.3)."""
    z = 0
    for bit in range(127, -1, -1):
        if y >> bit & 1:
            z ^= x
        x = x >> 1 ^ (POLYNOMIAL if x & 1 else 0)
    return z


def power(x, exponent):
    product = 1 << 127
    while exponent:
        if exponent & 1:
            product = times(product, x)
        x = times(x, x)
        exponent >>= 1
    return product


def ghash(h, blocks):
    y = 0
    for block in blocks:
        y = times(y ^ block, h)
    return y


def two_faced(first_key, second_key, nonce, first, second):
    """Ciphertext and tag that are valid under both keys.

    Under the first key it begins with `first`, under the second it ends with `second`; the block
    between makes the two tags equal (Dodis, Grubbs, Ristenpart and Woodage, "Fast Message
    Franking: From Invisible Salamanders to Encryptment", 2018).
    """
    size = len(first) + 16 + len(second)
    streams = [
        AES.new(key, AES.MODE_CTR, nonce=nonce, initial_value=2).encrypt(bytes(size))
        for key in (first_key, second_key)
    ]
    ciphertext = bytearray(size)
    ciphertext[: len(first)] = bytes(a ^ b for a, b in zip(first, streams[0], strict=False))
    rest = len(first) + 16
    ciphertext[rest:] = bytes(a ^ b for a, b in zip(second, streams[1][rest:], strict=True))
    hs, masks = [], []
    for key in (first_key, second_key):
        block = AES.new(key, AES.MODE_ECB)
        hs.append(int.from_bytes(block.encrypt(bytes(16)), "big"))
        masks.append(int.from_bytes(block.encrypt(nonce + b"\0\0\0\1"), "big"))
    blocks = [int.from_bytes(ciphertext[at : at + 16], "big") for at in range(0, size, 16)]
    blocks.append(size * 8)
    free = len(first) // 16
    difference = ghash(hs[0], blocks) ^ ghash(hs[1], blocks) ^ masks[0] ^ masks[1]
    places = len(blocks) - free
    spread = power(hs[0], places) ^ power(hs[1], places)
    blocks[free] = times(difference, power(spread, (1 << 128) - 2))
    ciphertext[len(first) : rest] = blocks[free].to_bytes(16, "big")
    tag = ghash(hs[0], blocks) ^ masks[0]
    return bytes(ciphertext), tag.to_bytes(16, "big")


def test_one_envelope_that_opens_to_two_pictures_is_refused(alice, bob, carol):
    """The dishonest sender is alice: she may sign whatever she likes, and one is refused."""
    first_key, second_key = os.urandom(32), os.urandom(32)
    nonce = os.urandom(12)
    first, second = b"yes, I agree to" * 16 + b"!" * 16, b"no, I never said" * 16
    ciphertext, tag = two_faced(first_key, second_key, nonce, first, second)
    infos = (wrapping.wrap(first_key, bob.public), wrapping.wrap(second_key, carol.public))
    layout = cms.Layout(infos, nonce, len(ciphertext))
    envelope = layout.head() + ciphertext + layout.tail(tag)

    for_bob, for_carol = open_bytes(envelope, bob), open_bytes(envelope, carol)
    assert for_bob.data.startswith(first)
    assert for_carol.data.endswith(second)
    assert for_bob.digest == for_carol.digest
    assert for_bob.commitment != for_carol.commitment

    for opened, refused, accepted in ((for_bob, carol, bob), (for_carol, bob, carol)):
        sealed = Sealed(envelope, opened.digest, opened.commitment)
        post = posted(sealed, alice, [bob, carol])
        assert post.received(accepted, alice) == opened.data
        with pytest.raises(SignatureError):
            post.received(refused, alice)


def test_a_roll_cannot_be_forged_without_the_content_key(sent, bob):
    """A stranger who writes a roll of his own is refused before any signature is looked at."""
    parsed = cms.parse(io.BytesIO(sent.envelope))
    key = content_key(sent.envelope, bob)
    assert roll.holds(key, parsed.layout.nonce, parsed.layout.infos)
    forged = roll.call(os.urandom(32), parsed.layout.infos)
    assert not roll.holds(key, parsed.layout.nonce, forged)
