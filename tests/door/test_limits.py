"""The operator's limits, seen from outside: at the start, in the pages and at the door."""

import os
import subprocess
import sys

from tests.browser.conftest import ROOT
from tests.door.conftest import start

MB = 1 << 20


def run(**environment):
    """`streamlit run Home.py` with a setting that cannot be: exit status, and what it says."""
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    done = subprocess.run(
        [*command, "--server.port", "0"],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_server_does_not_start_with_a_setting_that_cannot_be(tmp_path):
    url = f"sqlite:///{tmp_path}/channels.db"
    status, said = run(DATABASE_URL=url, RSA_IMAGES_PICTURE_MB="lots")
    assert status == 1
    assert "RSA_IMAGES_PICTURE_MB must be a whole number from 1 to 50." in said.splitlines()
    assert "Traceback" not in said
    assert not (tmp_path / "channels.db").exists()


def test_pages_name_the_limits_and_the_door_holds_to_them(tmp_path, apart, png):
    server = start(tmp_path, PICTURE_MB="1", KEEP_TIMES="1 hour, 2 days, 30 days")

    async def story():
        lobby = await server.page()
        [keep] = [one for kind, one in lobby.elements if getattr(one, "label", "") == "Keep for"]
        page = await server.page("sender")
        [uploader] = [one for kind, one in page.elements if kind == "file_uploader"]
        small = await page.upload("Images", "a.png", png)
        large = await page.upload("Images", "b.png", png.ljust(MB + 1))
        return [one.content if hasattr(one, "content") else one for one in keep.options], (
            uploader.max_upload_size_mb,
            small,
            large,
        )

    try:
        assert apart(story()) == (["1 hour", "2 days", "30 days"], (1, 204, 413))
    finally:
        server.stop()
