# ruff: noqa: N818 - these names describe states; an Error suffix would add nothing
"""What can go wrong in `store`. No message holds a value that was stored, a path or a URL.

The driver's own exceptions never leave this package: `store.database.failures` turns them into
these, `from None`, because they can carry statements and values.
"""

NO_STORE = "there is no store at this URL"


class StoreError(Exception):
    """Base class; never raised itself. Each class has its `words`; a message may replace them."""

    words = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.words)


class StoreBusy(StoreError):
    """Another writer takes too long. Nothing was changed; the same call may be tried again."""

    words = "the store is busy, try again in a moment"


class StoreUnreachable(StoreBusy):
    """The database does not answer.

    Where this comes out of the end of `Store.write()`, the server may or may not have committed:
    look for the act (a picture by its submission) before doing it again.
    """

    words = "the database cannot be reached, try again in a moment"


class StoreFull(StoreError):
    """No room is left: disk, quota, or the disk refuses to write. Nothing was changed."""

    words = "there is no room left in the store"


class QuotaReached(StoreFull):
    """The store holds as many bytes as the operator lets it. Nothing was changed.

    Attributes:
        limit: bytes of everything together.
    """

    words = "the store holds as many pictures as it may"

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit


class StoreUnusable(StoreError):
    """The database cannot be opened and is left as it is; base class of the four reasons."""


class StoreDamaged(StoreUnusable):
    """The database file is not whole."""

    words = "the database file is damaged"


class StoreForeign(StoreUnusable):
    """The database belongs to another program."""

    words = "this database was made by another program, it is left untouched"


class StoreNewer(StoreUnusable):
    """The database was written by a later version of this program."""


class StoreOlder(StoreUnusable):
    """The database was written before the first release."""

    words = (
        "the database was made before the first release of this program and cannot be upgraded; "
        "it is left untouched, use another file or database"
    )


class StoreMisconfigured(StoreError):
    """The URL or the pepper is wrong. Says what to do."""


class StoreRefused(StoreError):
    """A rule of the tables is broken: something referred to is absent, or exists already."""

    words = "the store's rules refuse this"


class StoreFailed(StoreError):
    """The database refused for another reason; shows the driver's code."""


class DuplicateKey(StoreError):
    """A channel has this key already: draw another."""

    words = "a channel with this key exists already"


class NameTaken(StoreError):
    """Someone present in this role of the channel has this name."""

    words = "this name is taken in this channel"


class ChannelMissing(StoreError):
    """No channel has this id."""

    words = "there is no such channel"


class PictureMissing(StoreError):
    """The channel has no picture with this id."""

    words = "there is no such picture"


class PictureDamaged(StoreError):
    """What is stored is not what was given: length, digest or row code does not match."""

    words = "this picture was damaged in the store"
