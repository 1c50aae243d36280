"""A store for the pages, and the rule that no page in any state puts anything under /media."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager

import ui.frame.service


@pytest.fixture
def exchange(tmp_path, monkeypatch, quick_keys):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/channels.db")
    yield ui.frame.service.exchange()
    ui.frame.service.exchange().close()


@pytest.fixture
def channel(exchange):
    return exchange.lobby.create_channel(name="Room", kind="private", keep_for="24 hours")


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
