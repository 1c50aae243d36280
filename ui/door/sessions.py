"""The open pages, as far as the door must know them, and what Streamlit knows of each.

All that asks Streamlit's runtime is here: its public functions, and two names that it
keeps to itself (the session manager and the widgets of a session), because nothing public says
which widgets a page has.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from ui.door import settings


@dataclass(slots=True, eq=False)
class Arriving:
    """One upload under way.

    Attributes:
        size: bytes that it says it has.
        dropped: set when it must give way.
    """

    size: int
    dropped: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


@dataclass(slots=True, eq=False)
class Page:
    """One session: an open page, or one whose connection was lost a moment ago.

    Attributes:
        address: that it counts for.
        browser: what its browser is recognised by when it comes back; b"" for nothing.
        places: file ids that it was given for uploads, the oldest first.
        arriving: uploads under way.
    """

    address: str
    browser: bytes = field(default=b"", repr=False)
    places: dict[str, None] = field(default_factory=dict, repr=False)
    arriving: list[Arriving] = field(default_factory=list)

    def give(self, files: Iterable[str]) -> None:
        """Gives it places; the oldest go when there are too many."""
        self.places.update(dict.fromkeys(files))
        for file in list(self.places)[: -settings.FILES_NAMED]:
            del self.places[file]


class Sessions:
    """Every session that this process serves, by Streamlit's id."""

    def __init__(self) -> None:
        """Empty at first."""
        self._pages: dict[str, Page] = {}

    def get(self, session: str) -> Page | None:
        """The page behind a session id."""
        return self._pages.get(session)

    def add(self, session: str, page: Page) -> Page:
        """Notes a session; one that comes back keeps its places."""
        self._forget_ended()
        known = self._pages.get(session)
        if known is not None:
            page.places, page.arriving = known.places, known.arriving
        self._pages[session] = page
        return page

    def end(self, session: str) -> None:
        """Ends a session whose page was closed: its work, its state and its uploads."""
        if not _runtime().is_active_session(session):  # it may have come back meanwhile
            _runtime().close_session(session)
            _uploads().remove_session_files(session)
            self._pages.pop(session, None)

    def held(self) -> Counter[str]:
        """Bytes that were uploaded and not sent yet, or are arriving, by session."""
        bytes_of: Counter[str] = Counter()
        for session, files in list(_uploads().file_storage.items()):
            bytes_of[session] += sum(len(file.data) for file in list(files.values()))
        for session, page in self._pages.items():
            bytes_of[session] += sum(one.size for one in page.arriving)
        return bytes_of

    def drop_uploads(self, session: str) -> None:
        """Forgets what a session has uploaded, and ends what is still arriving."""
        _uploads().remove_session_files(session)
        page = self._pages.get(session)
        for one in page.arriving if page else ():
            one.dropped.set()

    def _forget_ended(self) -> None:
        known = _known_to_streamlit()
        for session in [session for session in self._pages if session not in known]:
            del self._pages[session]


def kind_of(session: str, widget: str) -> str | None:
    """The value kind of a widget on the session's page; None when there is no such widget."""
    found = _manager().get_session_info(session)
    if found is None:
        return None
    metadata = found.session.session_state._new_widget_state.widget_metadata.get(widget)
    # Streamlit notes the kind that came last: none, where a field was emptied.
    return metadata.value_type or None if metadata else None


def comes_back(wanted: Sequence[str]) -> bool:
    """Whether a connection that wants this session gets it; it is alone in the list, or nothing."""
    return not _known_to_streamlit().isdisjoint(wanted)


def sweep() -> None:
    """Ends sessions whose time to come back is over; Streamlit itself waits for a newcomer."""
    known = _known_to_streamlit()
    for session in list(_uploads().file_storage):
        if session not in known:
            _uploads().remove_session_files(session)


def _known_to_streamlit() -> set[str]:
    return {str(found.session.id) for found in cast(Iterable[Any], _manager().list_sessions())}


def _runtime() -> Runtime:
    return Runtime.instance()


def _manager() -> Any:  # noqa: ANN401  (Streamlit's own, without a public type)
    return _runtime()._session_mgr


def _uploads() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, _runtime().uploaded_file_mgr)
