"""The schemes by name. `hybrid` is first: it is the default and the only one for real use.

The others need numpy and Pillow, and are imported when they are first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
