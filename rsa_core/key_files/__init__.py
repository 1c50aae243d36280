"""RSA keys in the files that people have: found, unlocked, read.

pem, texts     blocks and lines in a text
spki, pkcs1    the numbers in DER
passphrases    what was typed, in every form that it may have had
unlocking      private keys under a passphrase
finding        all keys of a file, or what is there instead
"""

from rsa_core.key_files.finding import only, private_keys, public_keys

__all__ = ["only", "private_keys", "public_keys"]
