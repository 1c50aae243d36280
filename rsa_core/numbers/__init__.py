"""Numbers: powers and primes, and the searches that split a modulus.

powers               RSA's own
primes               made, and told from others
probes, smooth, lattice, roca
single searches and tests
searches             all of them in order, for key health and the attacks
"""
