"""Makes the vector files beside it: `python tests/vectors/make.py`.

It is a second writer of docs/formats.md and imports nothing of `rsa_core`, so that the files test
the specification and not the code's opinion of itself. Verdicts are written here by hand. Keys
and nonces are fresh in each run; the files in the repository are one run's.
"""

import hashlib
import hmac
import json
from pathlib import Path

from Crypto.Cipher import AES, PKCS1_v1_5, oaep
from Crypto.Hash import SHA1, SHA256, SHA512
from Crypto.Protocol.KDF import HKDF
from Crypto.PublicKey import RSA
from Crypto.Random import get_random_bytes
from Crypto.Signature import pss
from Crypto.Util.asn1 import DerObjectId

HERE = Path(__file__).parent
PICTURE = b"\x89PNG\r\n\x1a\n and so on, not text: \r \n \0 \xff"


# DER -----------------------------------------------------------------------------------------


def length(size):
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([128 + len(octets)]) + octets


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def oid(dotted):
    return DerObjectId(dotted).encode()


def integer(value):
    return tlv(2, bytes([value]))


def without_end(tag, *parts):
    """The indefinite form of BER."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


AUTH_ENVELOPED = oid("1.2.840.113549.1.9.16.1.23")
DATA = oid("1.2.840.113549.1.7.1")
GCM_256 = oid("2.16.840.1.101.3.4.1.46")
NULL = b"\x05\x00"
HASH_OIDS = {
    SHA1: "1.3.14.3.2.26",
    SHA256: "2.16.840.1.101.3.4.2.1",
    SHA512: "2.16.840.1.101.3.4.2.3",
}
ROLL = "2.25.307829591693040101499817152582759285592"


# Parts of an envelope ------------------------------------------------------------------------


def key_id(key):
    return hashlib.sha1(tlv(0x30, big(key.n), big(key.e)), usedforsecurity=False).digest()


def big(value):
    value = int(value)
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oaep_algorithm(hash_=SHA256, parameters=NULL, label=b""):
    algorithm = tlv(0x30, oid(HASH_OIDS[hash_]), parameters)
    mask = tlv(0x30, oid("1.2.840.113549.1.1.8"), algorithm)
    return tlv(
        0x30,
        oid("1.2.840.113549.1.1.7"),
        tlv(0x30, tlv(0xA0, algorithm), tlv(0xA1, mask), label),
    )


def recipient(
    key, content_key, *, version=2, name=None, algorithm=None, hash_=SHA256, wrapped=None
):
    return tlv(
        0x30,
        integer(version),
        name or tlv(0x80, key_id(key)),
        algorithm or oaep_algorithm(hash_),
        tlv(4, wrapped or oaep.new(key, hashmod=hash_).encrypt(content_key)),
    )


def derived(content_key):
    okm = HKDF(content_key, 44, b"rsa-image-roll-v1", SHA256)
    return okm[:12], okm[12:]


def roll(content_key, infos):
    mac = hmac.digest(derived(content_key)[1], b"".join(sorted(infos)), "sha256")
    return tlv(0xA4, oid(ROLL), tlv(4, mac))


def gcm(nonce, tag_length=16):
    return tlv(0x30, GCM_256, tlv(0x30, tlv(4, nonce), integer(tag_length)))


def encrypt(content_key, nonce, content):
    return AES.new(content_key, AES.MODE_GCM, nonce=nonce).encrypt_and_digest(content)


class Envelope:
    """One envelope in its parts; `write` puts them together, with some of them exchanged."""

    def __init__(self, keys, content=PICTURE, *, foreign=False, key_bytes=32):
        self.content = content
        self.key = get_random_bytes(key_bytes)
        self.infos = sorted(recipient(key, self.key) for key in keys)
        self.nonce = get_random_bytes(12)
        if not foreign:
            self.nonce = derived(self.key)[0]
            self.infos.append(roll(self.key, self.infos))
        self.ciphertext, self.tag = encrypt(self.key, self.nonce, content)

    def write(
        self, *, outer=AUTH_ENVELOPED, version=None, before=b"", infos=None, kind=DATA, cipher=None,
        ciphertext=None, mac=None, after=b"", attributes=b"",
    ):  # fmt: skip
        return tlv(
            0x30,
            outer,
            tlv(
                0xA0,
                tlv(
                    0x30,
                    version or integer(0),
                    before,
                    tlv(0x31, *(self.infos if infos is None else infos)),
                    tlv(
                        0x30, kind, cipher or gcm(self.nonce),
                        ciphertext or tlv(0x80, self.ciphertext),
                    ),
                    attributes,
                    tlv(4, self.tag if mac is None else mac),
                    after,
                ),
            ),
        )  # fmt: skip

    def write_ber(self, piece, *, end=b"", infos=None):
        pieces = [self.ciphertext[at : at + piece] for at in range(0, len(self.ciphertext), piece)]
        content = without_end(0xA0, *(tlv(4, part) for part in pieces))
        return without_end(
            0x30,
            AUTH_ENVELOPED,
            without_end(
                0xA0,
                without_end(
                    0x30,
                    integer(0),
                    tlv(0x31, *(infos or self.infos)),
                    without_end(0x30, DATA, gcm(self.nonce), content),
                    tlv(4, self.tag),
                ),
            ),
        ) + end  # fmt: skip

    def digest(self):
        part = tlv(0x30, DATA, gcm(self.nonce), tlv(0x80, self.ciphertext)) + tlv(4, self.tag)
        return hashlib.sha256(part).hexdigest()

    def commitment(self):
        return hashlib.sha256(b"rsa-image-content-key-v1\0" + self.key).hexdigest()


def flip(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# The cases -----------------------------------------------------------------------------------


def opens(name, envelope, written, key="alice"):
    return {
        "name": name,
        "key": key,
        "verdict": "opens",
        "content": envelope.content.hex(),
        "digest": envelope.digest(),
        "commitment": envelope.commitment(),
        "envelope": written.hex(),
    }


def refused(name, written, verdict, words="", key="alice"):
    return {
        "name": name,
        "key": key,
        "verdict": verdict,
        "words": words,
        "envelope": written.hex(),
    }


def opening_cases(alice, bob, carol):
    one = Envelope([alice])
    three = Envelope([alice, bob, carol])
    foreign = Envelope([alice, bob], foreign=True)
    yield opens("one recipient", one, one.write())
    for name in ("alice", "bob", "carol"):
        yield opens(f"three recipients, opened by {name}", three, three.write(), name)
    for size in (0, 1, 127, 128, 300):
        sized = Envelope([alice], (bytes(range(256)) * 2)[:size])
        yield opens(f"content of {size} bytes", sized, sized.write())
    yield opens("another program's: no roll, another nonce", foreign, foreign.write())
    yield opens("BER, one piece", foreign, foreign.write_ber(4096))
    yield opens("BER, pieces of 7 bytes", foreign, foreign.write_ber(7))
    yield opens("BER, recipients in another order", foreign,
                foreign.write_ber(4096, infos=foreign.infos[::-1]))  # fmt: skip
    nothing = Envelope([alice], b"", foreign=True)
    yield opens("BER, no content and no piece", nothing, nothing.write_ber(4096))
    for hash_, name in ((SHA1, "SHA-1"), (SHA512, "SHA-512")):
        infos = [recipient(alice, foreign.key, hash_=hash_)]
        yield opens(f"OAEP with {name}", foreign, foreign.write(infos=infos))
    defaults = tlv(0x30, oid("1.2.840.113549.1.1.7"), tlv(0x30))
    infos = [recipient(alice, foreign.key, hash_=SHA1, algorithm=defaults)]
    yield opens("OAEP with SHA-1 by default", foreign, foreign.write(infos=infos))
    infos = [recipient(alice, foreign.key, algorithm=oaep_algorithm(parameters=b""))]
    yield opens("OAEP without NULL parameters", foreign, foreign.write(infos=infos))
    empty = tlv(0xA2, tlv(0x30, oid("1.2.840.113549.1.1.9"), tlv(4)))
    infos = [recipient(alice, foreign.key, algorithm=oaep_algorithm(label=empty))]
    yield opens("OAEP with the empty label spelt out", foreign, foreign.write(infos=infos))
    issuer = tlv(0x30, tlv(0x30), integer(7))
    infos = sorted(recipient(key, foreign.key, version=0, name=issuer) for key in (bob, alice))
    yield opens("named by issuer and serial number", foreign, foreign.write(infos=infos))
    infos = [*foreign.infos, tlv(0xA2, integer(4))]
    yield opens("another kind of recipient beside ours", foreign, foreign.write(infos=infos))


def keyed_cases(alice, bob):
    """Everything behind the wrapped keys: one voice."""
    one = Envelope([alice])
    good = one.write()
    voice = "DecryptionError"
    wrapped = good.index(b"\x04\x82\x01\x00") + 4
    yield refused("wrapped key, first byte flipped", flip(good, wrapped), voice)
    yield refused("wrapped key, last byte flipped", flip(good, wrapped + 255), voice)
    yield refused("nonce flipped", flip(good, good.rindex(one.nonce)), voice)
    yield refused("ciphertext flipped", flip(good, -19), voice)
    yield refused("tag flipped", flip(good, -1), voice)
    yield refused("content key of 16 bytes", Envelope([alice], key_bytes=16).write(), voice)
    yield refused("content key of 24 bytes", Envelope([alice], key_bytes=24).write(), voice)
    longer = one.write(infos=[recipient(alice, one.key + b"\0")])
    yield refused("content key of 33 bytes", longer, voice)
    other = [recipient(alice, one.key, wrapped=bytes(384))]
    yield refused("wrapped key for a longer modulus", one.write(infos=other), voice)
    above = [recipient(alice, one.key, wrapped=b"\xff" * 256)]
    yield refused("wrapped key above the modulus", one.write(infos=above), voice)
    named = [recipient(alice, one.key, algorithm=oaep_algorithm(SHA512))]
    yield refused("OAEP under another hash than it says", one.write(infos=named), voice)
    yield refused("roll cut off", one.write(infos=one.infos[:-1]), voice)
    yield refused("roll flipped", one.write(infos=[one.infos[0], flip(one.infos[1], -1)]), voice)
    yield refused("roll written twice", one.write(infos=[*one.infos, one.infos[-1]]), voice)
    added = sorted([*one.infos, recipient(bob, one.key)])
    yield refused("recipient added without a new roll", one.write(infos=added), voice)
    two = Envelope([alice, bob])
    left = [info for info in two.infos if key_id(bob) not in info]
    yield refused("recipient taken out without a new roll", two.write(infos=left), voice)
    ciphertext, tag = encrypt(get_random_bytes(32), one.nonce, b"a forgery")
    forged = one.write(ciphertext=tlv(0x80, ciphertext), mac=tag)
    yield refused("content exchanged under another key", forged, voice)
    issuer = tlv(0x30, tlv(0x30), integer(7))
    infos = [recipient(alice, one.key, version=0, name=issuer)]
    yield refused(
        "named by certificate, for somebody else", one.write(infos=infos), voice, key="bob"
    )


def public_cases(alice):
    """What is wrong in public bytes is said exactly."""
    one = Envelope([alice])
    plain = Envelope([alice], foreign=True)
    good = one.write()
    format_ = "EnvelopeFormatError"

    def case(name, written, words):
        return refused(name, written, format_, words)

    yield refused("for somebody else", good, "RecipientError", "other recipients", key="bob")
    yield case("empty", b"", "cut short")
    yield case("truncated to one byte", good[:1], "cut short")
    yield case("truncated in the middle", good[: len(good) // 2], "cut short")
    yield case("truncated by the last byte", good[:-1], "cut short")
    yield case("trailing byte", good + b"\0", "1 bytes follow")
    yield case("two envelopes", good + good, f"{len(good)} bytes follow")
    yield case("huge length", b"\x30\x88" + b"\x7f" * 8 + good[4:], "cut short")
    yield case("length of nine bytes", b"\x30\x89" + b"\1" * 9 + good[4:], "length of 9 bytes")
    padded = b"\x30\x83\0" + good[2:]
    yield case("length that is not minimal", padded, "not minimal")
    yield case("tag of several bytes", b"\x3f" + good[1:], "tag of several bytes")
    yield case("indefinite length on a primitive", good.replace(b"\x80\x14", b"\x80\x80", 1),
               "indefinite length on a primitive")  # fmt: skip
    yield case("PEM", b"-----BEGIN CMS-----\n", "text")
    yield case("S/MIME", b"MIME-Version: 1.0\n", "text")
    reordered = one.infos[::-1]
    yield case("recipients reordered", one.write(infos=reordered), "not strict DER")
    yield case("no recipients", one.write(infos=[]), "no recipients")
    twice = sorted([*plain.infos, recipient(alice, plain.key)])
    yield case("recipient named twice", plain.write(infos=twice), "two recipients")
    yield case("too many recipients", plain.write(infos=[tlv(0xA2)] * 1002), "at most 1000")
    yield case(
        "recipient that is no recipient", plain.write(infos=[NULL]), "tag 0x05; expected 0x30"
    )
    old = [recipient(alice, one.key, version=0)]
    yield case("key id under version 0", one.write(infos=old), "do not agree")
    issuer = [recipient(alice, one.key, name=tlv(0x30, tlv(0x30), integer(7)))]
    yield case("issuer under version 2", one.write(infos=issuer), "do not agree")
    rsa = tlv(0x30, oid("1.2.840.113549.1.1.1"), NULL)
    v15 = [recipient(alice, b"", algorithm=rsa, wrapped=PKCS1_v1_5.new(alice).encrypt(one.key))]
    yield case("PKCS #1 v1.5", one.write(infos=v15), "not wrapped by RSAES-OAEP")
    label = tlv(0xA2, tlv(0x30, oid("1.2.840.113549.1.1.9"), tlv(4, b"label")))
    labelled = [recipient(alice, one.key, algorithm=oaep_algorithm(label=label))]
    yield case("OAEP with a label", one.write(infos=labelled), "parameters of RSAES-OAEP")
    strange = [recipient(alice, one.key, algorithm=oaep_algorithm(parameters=integer(0)))]
    yield case("OAEP with strange parameters", one.write(infos=strange), "parameters of RSAES-OAEP")
    bare = [recipient(alice, one.key, algorithm=tlv(0x30, oid("1.2.840.113549.1.1.7")))]
    yield case("OAEP without its parameters", one.write(infos=bare), "parameters of RSAES-OAEP")
    more = [tlv(0x30, one.infos[0][4:], NULL)]
    yield case("recipient with a field too many", one.write(infos=more), "recipient")
    yield case("EnvelopedData", one.write(outer=oid("1.2.840.113549.1.7.3")), "does not notice")
    yield case("SignedData", one.write(outer=oid("1.2.840.113549.1.7.2")), "SignedData")
    yield case("unknown outer type", one.write(outer=oid("1.2.3")), "something else")
    yield case("version 1", one.write(version=integer(1)), "expected 0")
    yield case("version 0 in two bytes", one.write(version=tlv(2, b"\0\0")), "expected 0")
    yield case("originator info", one.write(before=tlv(0xA0)), "tag 0xa0; expected 0x31")
    yield case("content of another type", one.write(kind=oid("1.2.840.113549.1.7.2")), "id-data")
    cbc = tlv(0x30, oid("2.16.840.1.101.3.4.1.42"), tlv(4, bytes(16)))
    yield case("AES-256-CBC inside", one.write(cipher=cbc), "expected AES-256-GCM")
    small = tlv(0x30, oid("2.16.840.1.101.3.4.1.6"), tlv(0x30, tlv(4, one.nonce), integer(16)))
    yield case("AES-128-GCM", one.write(cipher=small), "expected AES-256-GCM")
    for size in (0, 8, 16):
        written = one.write(cipher=gcm(bytes(size)))
        yield case(f"nonce of {size} bytes", written, f"nonce of {size} bytes")
    for size in (1, 4, 12, 15):
        short = one.write(cipher=gcm(one.nonce, size), mac=one.tag[:size])
        yield case(f"tag of {size} bytes, as announced", short, "length of tags; expected 16")
        yield case(f"tag of {size} bytes, announced as 16", one.write(mac=one.tag[:size]),
                   "expected a tag of 16 bytes")  # fmt: skip
    default = tlv(0x30, GCM_256, tlv(0x30, tlv(4, one.nonce)))
    yield case("tag length left out, so 12", one.write(cipher=default, mac=one.tag[:12]),
               "length of tags; expected 16")  # fmt: skip
    extra = tlv(0x30, GCM_256, tlv(0x30, tlv(4, one.nonce), integer(16), NULL))
    yield case("parameter too many", one.write(cipher=extra), "parameters of AES-256-GCM")
    yield case("no tag", one.write(mac=b""), "expected a tag of 16 bytes")
    yield case("authenticated attributes", one.write(attributes=tlv(0xA1)), "attributes")
    yield case("attributes after the tag", one.write(after=tlv(0xA2)), "AuthEnvelopedData")
    pieces = tlv(0xA0, tlv(4, one.ciphertext))
    yield case("ciphertext in pieces, in DER", one.write(ciphertext=pieces), "expected 0x80")
    endless = one.write(ciphertext=without_end(0xA0, tlv(4, one.ciphertext)))
    yield case("ciphertext without end, in DER", endless, "expected 0x80")
    ber = plain.write_ber(7)
    yield case("BER, cut before its end", ber[:-2], "cut short")
    yield case("BER, trailing byte", plain.write_ber(7, end=b"\0"), "1 bytes follow")
    nested = ber.replace(tlv(4, plain.ciphertext[:7]), tlv(0x24, tlv(4, plain.ciphertext[:7])), 1)
    yield case("BER, pieces in pieces", nested, "expected an OCTET STRING")
    strange = ber.replace(tlv(4, plain.ciphertext[:7]), tlv(5, plain.ciphertext[:7]), 1)
    yield case("BER, piece of another kind", strange, "expected an OCTET STRING")


def envelopes(keys):
    alice, bob = keys["alice"], keys["bob"]
    cases = [*opening_cases(*keys.values()), *keyed_cases(alice, bob), *public_cases(alice)]
    return {
        "source": "tests/vectors/make.py",
        "format": "docs/formats.md, The hybrid envelope",
        "count": len(cases),
        "keys": {name: key.export_key(pkcs=8).decode() for name, key in keys.items()},
        "cases": cases,
    }


def manifests(keys):
    """Signed by alice for bob."""
    prints = {
        name: hashlib.sha256(key.public_key().export_key("DER")).hexdigest()
        for name, key in keys.items()
    }
    record = {
        "channel": "c1", "image": "i1", "parts": [
            {"commitment": "11" * 32, "digest": "22" * 32, "name": "picture"}],
        "recipients": [prints["bob"]], "scheme": "hybrid", "sender": prints["alice"], "version": 1,
    }  # fmt: skip

    def pack(**fields):
        return json.dumps(record | fields, sort_keys=True, separators=(",", ":")).encode()

    def sign(data, key="alice", salt=32, hash_=SHA256):
        return pss.new(keys[key], salt_bytes=salt).sign(hash_.new(data))

    good = pack()
    rows = [
        ("signed by alice", good, sign(good), "verifies"),
        ("without parts", pack(parts=[]), sign(pack(parts=[])), "verifies"),
        ("signed by bob", good, sign(good, "bob"), "SignatureError"),
        ("salt of 20 bytes", good, sign(good, salt=20), "SignatureError"),
        ("no salt", good, sign(good, salt=0), "SignatureError"),
        ("SHA-512", good, sign(good, hash_=SHA512), "SignatureError"),
        ("signature flipped", good, flip(sign(good), 0), "SignatureError"),
        ("signature cut short", good, sign(good)[:-1], "SignatureError"),
        ("signature of another channel", pack(channel="c2"), sign(good), "SignatureError"),
        ("spaces", json.dumps(record, sort_keys=True).encode(), None, "EnvelopeFormatError"),
        ("unsorted", json.dumps(dict(reversed(record.items())), separators=(",", ":")).encode(),
         None, "EnvelopeFormatError"),
        ("version 2", pack(version=2), None, "EnvelopeFormatError"),
        ("field too many", pack(more=1), None, "EnvelopeFormatError"),
        ("recipient twice", pack(recipients=[prints["bob"]] * 2), None, "EnvelopeFormatError"),
        ("line feed at the end", good + b"\n", None, "EnvelopeFormatError"),
    ]  # fmt: skip
    cases = []
    for name, manifest, signature, verdict in rows:
        signed = sign(manifest) if signature is None else signature
        cases.append(
            {
                "name": name,
                "verdict": verdict,
                "manifest": manifest.decode(),
                "signature": signed.hex(),
            }
        )
    return {
        "source": "tests/vectors/make.py",
        "format": "docs/formats.md, The manifest and its signature",
        "count": len(cases),
        "key": keys["alice"].public_key().export_key().decode(),
        "cases": cases,
    }


def names(keys):
    cases = []
    for name, key in keys.items():
        der = key.public_key().export_key("DER")
        digest = hashlib.sha512(b"rsa-image-fingerprint-v1\0" + der).digest()
        groups = [int.from_bytes(digest[at : at + 5], "big") % 100_000 for at in range(0, 40, 5)]
        cases.append(
            {
                "name": name,
                "public": key.public_key().export_key().decode(),
                "fingerprint": hashlib.sha256(der).hexdigest(),
                "safety_number": " ".join(f"{group:05d}" for group in groups),
                "key_id": key_id(key).hex(),
            }
        )
    return {
        "source": "tests/vectors/make.py",
        "format": "docs/formats.md, Keys and their names",
        "count": len(cases),
        "cases": cases,
    }


def main():
    keys = {name: RSA.generate(2048) for name in ("alice", "bob", "carol")}
    for name, made in (
        ("hybrid", envelopes(keys)),
        ("manifests", manifests(keys)),
        ("keys", names(keys)),
    ):
        text = json.dumps(made, indent=1, ensure_ascii=True)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
