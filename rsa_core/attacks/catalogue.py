"""All attacks by name, in the order in which a lesson meets them."""

from collections.abc import Mapping
from types import MappingProxyType

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods import (
    brightness,
    broadcast,
    codebook,
    common_modulus,
    cube_root,
    cut_and_paste,
    equality_map,
    factoring,
    fermat,
    insider,
    pollard,
    replay,
    shared_primes,
    wiener,
)

ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        attack.name: attack
        for attack in (
            codebook.ATTACK,
            equality_map.ATTACK,
            factoring.ATTACK,
            fermat.ATTACK,
            pollard.ATTACK,
            wiener.ATTACK,
            shared_primes.ATTACK,
            cube_root.ATTACK,
            broadcast.ATTACK,
            common_modulus.ATTACK,
            insider.ATTACK,
            brightness.ATTACK,
            cut_and_paste.ATTACK,
            replay.ATTACK,
        )
    }
)
