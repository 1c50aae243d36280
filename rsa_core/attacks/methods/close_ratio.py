"""Close ratio: p and q as if one were a simple fraction of the other, such as 3 : 2.

With p / q close to a / b the numbers b p and a q are close, and Fermat's search from the root of
4 a b n meets them. Primes of the form "digit, zeros, something small" are such.

Lehman, "Factoring large integers" (1974).
"""

from fractions import Fraction

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods.searching import by_search
from rsa_core.attacks.reading import Numbers
from rsa_core.numbers.probes import Factors
from rsa_core.numbers.searches import RATIO_LARGEST


def _ratio(_key: Numbers, factors: Factors) -> str:
    ratio = Fraction(*factors).limit_denominator(RATIO_LARGEST)
    return f"p : q is close to {ratio.numerator} : {ratio.denominator}"


ATTACK = Attack(
    name="close-ratio",
    title="Close to a simple ratio (Lehman)",
    summary="Searches from the root of 4abn for primes whose ratio is close to a : b.",
    citation="Lehman, Factoring large integers, 1974",
    needs="A recipient's public key whose primes are nearly a simple fraction of each other.",
    gives="the private key, and the picture",
    work=by_search(
        "close-ratio",
        "The ratio of the primes is close to a simple one.",
        f"The ratio of the primes is not close to any a : b with numbers up to {RATIO_LARGEST}. "
        "Random primes are close to none.",
        _ratio,
    ),
)
