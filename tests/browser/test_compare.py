"""The compare page in a real browser: a sample, the result, and two files to take home."""

import csv
import hashlib
import io

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
LONG = 240_000  # milliseconds; keys are made, and attacks have their seconds


def test_a_sample_is_compared_and_the_report_opens_without_any_network(visitor, chromium, tmp_path):
    eve = visitor()
    eve.go("/")
    eve.page.get_by_role("link", name="Compare the schemes").click()
    expect(eve.page.get_by_role("heading", name="Compare the schemes", level=1)).to_be_visible()
    eve.choose("Sample", "Drawing")
    eve.choose("Longest side, in pixels", "128")
    eve.page.get_by_text("Schemes, keys and attacks").click()
    eve.choose("Seconds for each attack", "2")
    expect(eve.page.get_by_role("img", name="The picture to be compared")).to_be_visible()
    eve.button("Compare").click()
    expect(eve.button("Cancel")).to_be_visible()
    expect(eve.button("Download CSV")).to_be_visible(timeout=LONG)
    for case in ("textbook-pixels, 12 bits", "textbook-blocks, 64 bits", "hybrid, 3072 bits"):
        expect(eve.page.get_by_role("img", name=f"Ciphertext, {case}")).to_be_visible()
    expect(eve.page.get_by_role("img", name="What Codebook found")).to_be_visible()

    name, table = eve.download("Download CSV")
    assert name == f"comparison-{hashlib.sha256(table).hexdigest()[:12]}.csv"
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    broken = {
        (row["scheme"], row["measure"])
        for row in rows
        if row["section"] == "attack" and row["verdict"] == "broken"
    }
    assert ("textbook-pixels", "Codebook") in broken
    assert ("textbook-blocks", "Factor n") in broken
    assert not [attack for scheme, attack in broken if scheme == "hybrid"]

    name, report = eve.download("Download report")
    assert name == f"comparison-{hashlib.sha256(report).hexdigest()[:12]}.html"
    (tmp_path / name).write_bytes(report)
    reader = chromium.new_context(offline=True).new_page()
    asked: list[str] = []
    said: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("console", lambda message: said.append(message.text))
    reader.goto((tmp_path / name).as_uri())
    pictures = reader.locator("img")
    assert pictures.count() > 20
    assert pictures.evaluate_all("all => all.every(i => i.complete && i.naturalWidth > 0)")
    assert reader.locator("svg path").count() > 20
    assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / name).as_uri()]
    assert said == []
    reader.context.close()


def test_cancel_ends_the_work_and_keeps_what_was_found(visitor):
    eve = visitor()
    eve.go("/compare")
    expect(eve.page.get_by_role("img", name="The picture to be compared")).to_be_visible()
    eve.button("Compare").click()
    expect(eve.page.get_by_text(": Codebook,").first).to_be_visible(timeout=LONG)
    eve.button("Cancel").click()
    expect(eve.page.get_by_text("steps were not done")).to_be_visible()
    expect(eve.button("Cancel")).to_have_count(0)
    expect(eve.button("Download report")).to_be_visible()
    expect(eve.button("Compare")).to_be_enabled()
