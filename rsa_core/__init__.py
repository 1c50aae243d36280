"""RSA image encryption: keys, pictures, schemes, envelopes, signatures.

    pair = KeyPair.generate()
    picture = read_picture(open("photo.png", "rb").read())
    sealed = HYBRID.seal(picture, [pair.public])
    assert HYBRID.open(sealed.envelope, pair).file == picture.data

`hybrid` is for real use. Whatever carries the word `textbook` is meant to be broken, and to be
looked at while it breaks.

The public names are listed in `__init__.pyi`, and imported when they are first asked for: what
handles files alone, as the command line does, waits neither for numpy nor for Pillow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
