"""Classroom RSA: keys from 9 to 8192 bits and the bare power map, made to be broken.

    m = c^d mod n      no padding, no randomness, no defence against timing

Numbers are Python's own integers, because the safe library rightly refuses such keys. Nothing
here is for real use: the safe path (`rsa_core.keys`) shares no arithmetic with it.

    public key    SubjectPublicKeyInfo DER, as any RSA key; so fingerprints are made alike
    private key   RSAPrivateKey DER (RFC 8017, A.1.2), canonical
    text          lines "n = 3233", decimal or 0x-hexadecimal, names n, e, d, p, q
"""

import math
from dataclasses import dataclass, field

from rsa_core.errors import KeyFormatError
from rsa_core.key_files import pkcs1
from rsa_core.keys import KeyPair, RsaNumbers
from rsa_core.numbers import exponents, primes

MIN_MODULUS = 256  # a sample has 256 values
MAX_BITS = 4096  # of a new key
MAX_TAKEN_BITS = 8192
MIN_GENERATED_BITS = 12

_MAX_TEXT = 16_384
_MAX_DIGITS = 2480  # 8192 bits have 2467 decimal digits


@dataclass(frozen=True, slots=True)
class ClassroomPublicKey(RsaNumbers):
    """The numbers that everybody may know (KeyFormatError: says which rule they break).

    n is odd, at least `MIN_MODULUS`, and has at most `MAX_TAKEN_BITS` bits; 1 <= e < n. Nothing
    says that a key pair exists: n may be prime and e even, which is for attacks to find out.
    """

    def __post_init__(self) -> None:
        if self.n < MIN_MODULUS:
            raise KeyFormatError(f"n is below {MIN_MODULUS}: a sample would not fit")
        if self.bits > MAX_TAKEN_BITS:
            raise KeyFormatError(f"n has {self.bits} bits; at most {MAX_TAKEN_BITS} are taken")
        if self.n % 2 == 0:
            raise KeyFormatError("n is even, and so no product of two odd primes")
        if not 1 <= self.e < self.n:
            raise KeyFormatError("e is not a number from 1 up to n")

    @classmethod
    def from_der(cls, data: bytes) -> "ClassroomPublicKey":
        """Reads exactly what `der` writes (KeyFormatError: anything else)."""
        return cls._from_der(data, "an RSA public key (SubjectPublicKeyInfo)")

    def text(self) -> str:
        """Two lines, "n = ..." and "e = ...", decimal."""
        return f"n = {self.n}\ne = {self.e}\n"

    @classmethod
    def from_text(cls, text: str) -> "ClassroomPublicKey":
        """Reads n and e from lines "name = number", decimal or 0x-hex (else KeyFormatError)."""
        numbers = _numbers(text)
        if set(numbers) != {"n", "e"}:
            raise KeyFormatError("a public key is given by n and e")
        return cls(numbers["n"], numbers["e"])


@dataclass(frozen=True, slots=True)
class ClassroomKeyPair:
    """A classroom key with its private half (KeyFormatError: it does not undo `public`).

    d is any exponent with e d = 1 modulo p - 1 and q - 1; p and q are the factors of n.
    """

    public: ClassroomPublicKey
    d: int = field(repr=False)
    p: int = field(repr=False)
    q: int = field(repr=False)
    _crt: tuple[int, int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        p, q, e = self.p, self.q, self.public.e
        if p < 3 or q < 3 or p * q != self.public.n or math.gcd(p, q) != 1:
            raise KeyFormatError("p and q are not two distinct factors of n")
        if self.d < 3 or (e * self.d) % (p - 1) != 1 or (e * self.d) % (q - 1) != 1:
            raise KeyFormatError("d does not belong to e, p and q")
        object.__setattr__(self, "_crt", (self.d % (p - 1), self.d % (q - 1), pow(q, -1, p)))
        # Where p or q is composite, the private power does not undo the public one.
        if any(self.power(pow(m, e, self.public.n)) != m for m in (2, 3, 5)):
            raise KeyFormatError("p and q are not both prime")

    def power(self, c: int) -> int:
        """c^d mod n by the Chinese remainder theorem (RFC 8017, 5.1.2), 0 <= c < n.

        For many of them see `powers.private_power`.
        """
        dp, dq, q_inverse = self._crt
        at_p = pow(c, dp, self.p)
        at_q = pow(c, dq, self.q)
        return at_q + self.q * ((at_p - at_q) * q_inverse % self.p)

    @classmethod
    def from_primes(cls, p: int, q: int, e: int) -> "ClassroomKeyPair":
        """The key pair of p and q with the least d (KeyFormatError: no key, or no inverse of e)."""
        if min(p, q) < 3:
            raise KeyFormatError("p and q are not two distinct factors of n")
        public = ClassroomPublicKey(p * q, e)
        order = math.lcm(p - 1, q - 1)
        if math.gcd(e, order) != 1:
            raise KeyFormatError("e has no inverse: it shares a factor with p - 1 or q - 1")
        return cls(public, pow(e, -1, order), p, q)

    @classmethod
    def generate(cls, bits: int, e: int | None = None) -> "ClassroomKeyPair":
        """A new key from two random primes of half the length.

        n has exactly `bits` bits, `MIN_GENERATED_BITS` to `MAX_BITS`: milliseconds up to 1024 bits,
        a second at 2048, some seconds at 4096. Without `e` it takes 65537, or 17 below 32 bits.

        Raises:
            KeyFormatError: a length out of range, or an exponent that no such key has.
        """
        if not MIN_GENERATED_BITS <= bits <= MAX_BITS:
            raise KeyFormatError(f"a key has {MIN_GENERATED_BITS} to {MAX_BITS} bits, not {bits}")
        e = e if e is not None else (65537 if bits >= 32 else 17)
        try:
            p = q = primes.random_prime((bits + 1) // 2, e)
            while q == p:
                q = primes.random_prime(bits // 2, e)
        except ValueError:
            raise KeyFormatError("no key of this length has this e") from None
        return cls.from_primes(p, q, e)

    @classmethod
    def of(cls, pair: "KeyPair | ClassroomKeyPair") -> "ClassroomKeyPair":
        """Any key pair for the textbook schemes (KeyFormatError: too long for them)."""
        if isinstance(pair, ClassroomKeyPair):
            return pair
        n, e, d, p, q = (int(getattr(pair.engine, name)) for name in "nedpq")
        return cls(ClassroomPublicKey(n, e), d, p, q)

    def private_der(self) -> bytes:
        """RSAPrivateKey (RFC 8017, A.1.2), in clear."""
        return pkcs1.pack(self.public.n, self.public.e, self.d, self.p, self.q)

    @classmethod
    def from_private_der(cls, data: bytes) -> "ClassroomKeyPair":
        """Reads exactly what `private_der` writes (KeyFormatError: anything else)."""
        _, n, e, d, p, q, *_ = pkcs1.parse(data)
        pair = cls(ClassroomPublicKey(n, e), d, p, q)
        if pair.private_der() != data:
            raise KeyFormatError("the bytes are not a canonical RSAPrivateKey")
        return pair

    def text(self) -> str:
        """Five lines, n, e, d, p and q, decimal. The last three are the secret."""
        return f"{self.public.text()}d = {self.d}\np = {self.p}\nq = {self.q}\n"

    @classmethod
    def from_text(cls, text: str) -> "ClassroomKeyPair":
        """Reads lines "name = number", decimal or 0x-hexadecimal (else KeyFormatError).

        Either p, q and e suffice, or n, e and d; what is given beyond that must agree.
        """
        numbers = _numbers(text)
        e = numbers.get("e")
        if e is not None and {"p", "q"} <= set(numbers):
            pair = cls.from_primes(numbers["p"], numbers["q"], e)
        elif e is not None and {"n", "d"} <= set(numbers):
            public = ClassroomPublicKey(numbers["n"], e)
            pair = cls(public, numbers["d"], *factor_by_exponent(public, numbers["d"]))
        else:
            raise KeyFormatError("a private key is given by p, q and e, or by n, e and d")
        if numbers.get("n", pair.public.n) != pair.public.n:
            raise KeyFormatError("p and q are not two distinct factors of n")
        return cls(pair.public, numbers.get("d", pair.d), pair.p, pair.q)


def factor_by_exponent(public: ClassroomPublicKey, d: int) -> tuple[int, int]:
    """The factors of n, larger first (KeyFormatError: d does not belong to n and e)."""
    found = exponents.factors(public.n, public.e, d)
    if found is None:
        raise KeyFormatError("d does not belong to n and e")
    return found


def _numbers(text: str) -> dict[str, int]:
    """Lines "name = number"; empty lines are skipped. What was typed is never quoted."""
    if len(text) > _MAX_TEXT:
        raise KeyFormatError("the text is too long for a key")
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        digits = value.replace("_", "").replace(" ", "")
        if not equals or name not in ("n", "e", "d", "p", "q") or name in found:
            raise KeyFormatError('a line is not "name = number" with n, e, d, p or q, each once')
        if len(digits) > _MAX_DIGITS or not digits.isascii() or not digits.isalnum():
            raise KeyFormatError("a number is neither decimal nor 0x-hexadecimal, or is too long")
        try:
            found[name] = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
        except ValueError:
            raise KeyFormatError("a number is neither decimal nor 0x-hexadecimal") from None
    return found


SEED_KEY = ClassroomKeyPair(ClassroomPublicKey(3233, 7), d=1783, p=61, q=53)
"""p = 61, q = 53, e = 7: n = 3233, d = 1783. Everybody knows it, and it is published here."""
