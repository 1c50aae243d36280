# ruff: noqa: N818 - the names say what is the case; a suffix on each would say nothing more
"""What can go wrong in `store`. No message holds a value that was stored, a path or a URL.

The driver's own exceptions never leave this package: `store.database.failures` turns them into
these, `from None`, because they can carry statements and values.
"""

NO_STORE = "there is no store at this URL"


class StoreError(Exception):
    """Base class; never raised itself."""


class StoreBusy(StoreError):
    """Somebody else writes for too long. Nothing was changed; the same call may be tried again."""

    def __init__(self, message: str = "the store is busy, try again in a moment") -> None:
        super().__init__(message)


class StoreUnreachable(StoreBusy):
    """The database does not answer.

    Where this comes out of the end of `Store.write()`, the server may or may not have committed:
    look for the act (a picture by its submission) before doing it again.
    """

    def __init__(self) -> None:
        super().__init__("the database cannot be reached, try again in a moment")


class StoreFull(StoreError):
    """There is no room: disk, quota, or the disk refuses to write. Nothing was changed."""

    def __init__(self, message: str = "there is no room left in the store") -> None:
        super().__init__(message)


class StoreUnusable(StoreError):
    """The database cannot be opened and is left as it is; base class of the four reasons."""


class StoreDamaged(StoreUnusable):
    """The database file is not whole."""

    def __init__(self, message: str = "the database file is damaged") -> None:
        super().__init__(message)


class StoreForeign(StoreUnusable):
    """The database belongs to another program."""

    def __init__(self) -> None:
        super().__init__("this database was made by another program, it is left untouched")


class StoreNewer(StoreUnusable):
    """The database was written by a later version of this program."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(f"the database has schema version {found}, this program knows {known}")


class StoreOlder(StoreUnusable):
    """The database was written before the first release."""

    def __init__(self) -> None:
        super().__init__(
            "the database was made before the first release of this program and cannot be "
            "upgraded; it is left untouched, use another file or database"
        )


class StoreMisconfigured(StoreError):
    """The URL or the pepper does not fit. Says what to do."""


class StoreRefused(StoreError):
    """The tables' own rules refuse it: something it refers to is absent, or it exists already."""

    def __init__(self) -> None:
        super().__init__("the store's rules refuse this")


class StoreFailed(StoreError):
    """The database refused for a reason that none of the others names; shows the driver's code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the database refused ({code})")


class DuplicateKey(StoreError):
    """A channel with this key exists already: draw another key."""

    def __init__(self) -> None:
        super().__init__("a channel with this key exists already")


class NameTaken(StoreError):
    """Somebody who is present in this role of the channel has this name."""

    def __init__(self) -> None:
        super().__init__("this name is taken in this channel")


class ChannelMissing(StoreError):
    """There is no channel with this id."""

    def __init__(self) -> None:
        super().__init__("there is no such channel")


class PictureMissing(StoreError):
    """There is no picture with this id in this channel."""

    def __init__(self) -> None:
        super().__init__("there is no such picture")


class PictureDamaged(StoreError):
    """What is stored is not what was given: length, digest or row code does not match."""

    def __init__(self) -> None:
        super().__init__("this picture was damaged in the store")
