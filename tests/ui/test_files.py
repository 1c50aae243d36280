"""A small picture goes to the browser as it is, under the media type of its first bytes."""

import base64

import streamlit as st

from ui.parts.files import small_picture


def test_where_there_is_no_preview_that_is_said(monkeypatch):
    said = []
    monkeypatch.setattr(st, "caption", said.append)
    small_picture(b"", alt="A picture")
    assert said == ["No preview"]


def test_a_small_picture_is_what_its_first_bytes_say(monkeypatch, png, jpeg):
    shown = []
    monkeypatch.setattr(st, "image", lambda url, **_: shown.append(url))
    for data in (png, jpeg):
        small_picture(data, alt="A picture")
    heads, bodies = zip(*(url.split(",") for url in shown), strict=True)
    assert heads == ("data:image/png;base64", "data:image/jpeg;base64")
    assert [base64.b64decode(body) for body in bodies] == [png, jpeg]
