"""No page of any test here, in no state, may put anything under /media."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager


@pytest.fixture
def media(monkeypatch):
    """The names of what is put under /media from here on."""
    put, add = [], MediaFileManager.add

    def noted(self, *arguments, **options):
        address = add(self, *arguments, **options)
        put.append(address)
        return address

    monkeypatch.setattr(MediaFileManager, "add", noted)
    return put


@pytest.fixture(autouse=True)
def no_media(request, media):
    yield
    if "puts_media" not in request.fixturenames:
        assert media == []


@pytest.fixture
def puts_media():
    """For the control: a test that shows that looking finds something."""
