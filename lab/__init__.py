"""The laboratory: what can be measured, tried and compared without a channel or a store.

    statistics    one capture: tests, histograms, equal blocks, hexadecimal
    arithmetic    one sample of a capture with its real numbers
    experiments   public keys checked, a test picture sealed twice, ciphers broken
    subject       the picture that is compared, and the schemes and keys
    comparing     what each scheme makes of it, and which attacks break it
    tables        a comparison as rows
    report        a comparison as one HTML file

It knows `rsa_core` alone.
"""
