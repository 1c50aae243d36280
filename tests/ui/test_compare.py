"""The compare page under AppTest: no seat, work that survives reruns, and Cancel."""

import pytest
from streamlit.testing.v1 import AppTest

import ui.frame.service
from lab import subject as subjects
from lab import tables
from lab.comparing import begin, measure
from lab.subject import Case, sample
from ui.compare.working import Job
from ui.parts.words import csv_of

PIXELS, HYBRID = Case("textbook-pixels", 12), Case("hybrid", 2048)


@pytest.fixture(autouse=True)
def quick(tmp_path, monkeypatch, key_pool):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/channels.db")
    ready = {("key pair", 2048): subjects.MadeKey(key_pool[0], 0.5)}
    monkeypatch.setattr(subjects, "_made", ready)
    yield
    ui.frame.service.exchange().close()


def page() -> AppTest:
    at = AppTest.from_file("../../Home.py", default_timeout=60)
    at.session_state["memory_known"] = "[]"
    at.run()
    at.switch_page("pages/compare.py")
    return at.run()


def job(*chosen: Case, attacks: tuple[str, ...] = ("codebook",)) -> Job:
    return Job(sample("Landscape", 48), chosen, attacks, budget=20)


def control(elements, label: str):
    return next(one for one in elements if one.label == label)


def with_job(wanted: Job) -> AppTest:
    at = page()
    at.session_state["comparison"] = wanted
    return at.run()


def test_the_page_needs_no_seat():
    at = page()
    assert not at.exception
    assert at.title[0].value == "Compare the schemes"
    assert not at.info
    assert control(at.button, "Compare").disabled is False
    assert control(at.file_uploader, "Picture")
    assert control(at.radio, "Sample").options == ["Landscape", "Photograph", "Drawing"]


def test_a_press_compares_what_was_chosen():
    at = page()
    control(at.radio, "Longest side, in pixels").set_value(128)
    control(at.multiselect, "Schemes and keys").set_value([HYBRID, PIXELS])
    control(at.multiselect, "Attacks").set_value(["codebook"])
    control(at.button, "Compare").click().run()
    assert not at.exception
    done = at.session_state["comparison"]
    assert done.cases == (PIXELS, HYBRID)  # in the page's own order
    assert [one.verdict for one in done.tried] == ["broken", "preconditions not met"]
    assert "Overview" in [one.value for one in at.subheader]
    assert "Cancel" not in [button.label for button in at.button]
    assert not at.warning


def test_work_goes_on_where_a_rerun_ended_it():
    """What was measured is kept, and the attack under way is not begun a second time."""
    wanted = job(PIXELS, HYBRID)
    entry = measure(wanted.subject, PIXELS)
    wanted.entries[PIXELS] = entry
    wanted.done.add((PIXELS, ""))
    run = wanted.run = begin(entry, "codebook", 20)
    run.wait(30)
    at = with_job(wanted)
    assert not at.exception
    assert wanted.entries[PIXELS] is entry
    assert wanted.attempts[PIXELS, "codebook"].seconds == run.state.outcome.seconds
    assert (wanted.working, len(wanted.done)) == (False, 4)


def test_cancel_kills_the_attack_and_keeps_what_was_found():
    wanted = job(PIXELS, attacks=("codebook", "factoring"))
    entry = wanted.entries[PIXELS] = measure(wanted.subject, PIXELS)
    wanted.done.add((PIXELS, ""))
    run = wanted.run = begin(entry, "codebook", 20)
    wanted.stop()
    run._ended.wait(30)
    assert run.state.phase in ("cancelled", "done")
    at = with_job(wanted)
    assert [one.value for one in at.warning] == ["Cancelled: 2 of 3 steps were not done."]
    assert "Overview" in [one.value for one in at.subheader]


def test_a_new_comparison_stops_the_one_before():
    wanted = job(PIXELS)
    wanted.working = False
    at = with_job(wanted)
    control(at.multiselect, "Schemes and keys").set_value([])
    control(at.button, "Compare").click().run()
    assert at.session_state["comparison"] is not wanted
    assert [one.value for one in at.info] == [
        "Nothing was measured. Choose schemes and keys, and press Compare."
    ]


def test_a_case_that_cannot_be_measured_does_not_stop_the_others():
    wanted = job(HYBRID, PIXELS)
    wanted.problems[HYBRID] = "The picture is too large."
    wanted.done |= {(HYBRID, ""), (HYBRID, "codebook")}
    at = with_job(wanted)
    assert [one.value for one in at.warning] == ["hybrid, 2048 bits: The picture is too large."]
    assert [entry.case for entry in wanted.measured] == [PIXELS]


def test_an_upload_that_is_not_a_picture_is_refused_and_its_name_shown_nowhere():
    at = page()
    name = "![x](https://evil.example/a.png).png"
    control(at.file_uploader, "Picture").upload(name, b"no picture", "image/png").run()
    assert not at.exception
    assert len(at.error) == 1
    assert control(at.button, "Compare").disabled
    assert "evil.example" not in str([at.markdown, at.caption, at.text, at.error])


def test_an_upload_replaces_the_sample(png):
    at = page()
    control(at.file_uploader, "Picture").upload("a.png", png, "image/png").run()
    assert control(at.radio, "Sample").disabled
    assert "Compared as 64 x 48, RGB" in [caption.value for caption in at.caption]


def test_negative_numbers_stay_numbers_in_csv():
    entry = measure(sample("Landscape", 48), PIXELS)
    csv = csv_of(tables.everything((), [entry], [])).decode()
    assert "'-" not in csv
    assert csv_of([{"a": "-1+1", "b": -0.5}]) == b"a,b\r\n'-1+1,-0.5\r\n"
