"""All attacks by name, in the order in which a lesson meets them."""

from collections.abc import Mapping
from types import MappingProxyType

from rsa_core.attacks.attack import Attack
from rsa_core.attacks.methods import (
    brightness,
    broadcast,
    close_ratio,
    codebook,
    common_modulus,
    cube_root,
    cut_and_paste,
    equality_map,
    factoring,
    fermat,
    franklin_reiter,
    insider,
    known_bits,
    pollard,
    replay,
    shared_primes,
    wiener,
    williams,
)

ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        attack.name: attack
        for attack in (
            codebook.ATTACK,
            equality_map.ATTACK,
            factoring.ATTACK,
            fermat.ATTACK,
            close_ratio.ATTACK,
            pollard.ATTACK,
            williams.ATTACK,
            wiener.ATTACK,
            known_bits.ATTACK,
            shared_primes.ATTACK,
            cube_root.ATTACK,
            broadcast.ATTACK,
            common_modulus.ATTACK,
            franklin_reiter.ATTACK,
            insider.ATTACK,
            brightness.ATTACK,
            cut_and_paste.ATTACK,
            replay.ATTACK,
        )
    }
)
