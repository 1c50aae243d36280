"""Seats in real browsers: double presses, reloads in the middle, several tabs, and the owner."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_double_press_on_enter_takes_one_seat(visitor):
    ada = visitor()
    ada.create_channel()
    ada.page.get_by_label("Your name").fill("Ada")
    ada.choose("Role", "Receiver")
    ada.button("Enter channel").dblclick()
    ada.in_seat("Receiver")
    expect(ada.page.get_by_text("People here: 1")).to_be_visible()


def test_a_reload_while_keys_are_made_loses_nothing(visitor):
    ada = visitor()
    key = ada.create_channel()
    ada.page.get_by_label("Your name").fill("Ada")
    ada.choose("Role", "Receiver")
    ada.button("Enter channel").click()
    ada.until("localStorage.getItem('rsa-images.seats')?.includes('receiver')")
    ada.page.reload()
    ada.go(f"/?channel={key}")
    # Whoever loses to the run that was under way finds its seat; else nobody took the name.
    ada.page.get_by_label("Your name").fill("Ada")
    ada.choose("Role", "Receiver")
    ada.button("Enter channel").click()
    seat = ada.page.get_by_role("heading", name="Receiver", level=1)
    taken = ada.page.get_by_text("already has this name")
    expect(seat.or_(taken)).to_be_visible()
    if taken.is_visible():
        ada.go(f"/?channel={key}")
        ada.button("Go to the receiver page").click()
    ada.in_seat("Receiver")
    expect(ada.page.get_by_text("People here: 1")).to_be_visible()


def test_two_seats_of_one_role_stay_in_their_tabs(visitor):
    bob = visitor()
    key = bob.create_channel()
    bob.take_seat("Bob", "Receiver")
    cy = bob.another_tab()
    cy.go(f"/?channel={key}")
    expect(cy.button("Go to the receiver page")).to_be_visible()
    cy.take_seat("Cy", "Receiver")
    for _ in range(2):
        bob.page.wait_for_timeout(2500)
        expect(bob.page.get_by_text("Bob", exact=True)).to_be_visible()
        expect(cy.page.get_by_text("Cy", exact=True)).to_be_visible()
        for tab in (bob, cy):
            tab.page.reload()
            tab.in_seat("Receiver")


def test_the_owner_locks_removes_renames_the_key_and_ends(visitor):
    ada, bob, eve = visitor(), visitor(), visitor()
    key = ada.create_channel("Owned")
    ada.take_seat("Ada", "Sender")
    for person, name, role in ((bob, "Bob", "Receiver"), (eve, "Eve", "Interceptor")):
        person.go(f"/?channel={key}")
        person.take_seat(name, role)
    expect(ada.page.get_by_text("People here: 3")).to_be_visible()
    expect(bob.page.get_by_text("Owner's controls")).to_have_count(0)

    ada.page.get_by_text("Owner's controls").click()
    ada.page.get_by_text("New receivers wait until I let them in").click()
    late = visitor()
    late.go(f"/?channel={key}")
    late.page.get_by_label("Your name").fill("Dan")
    late.choose("Role", "Receiver")
    late.button("Enter channel").click()
    expect(late.page.get_by_text("Waiting for the owner to let you in")).to_be_visible()
    ada.button("Let in").click()
    expect(late.page.get_by_role("heading", name="Inbox")).to_be_visible()

    ada.select("Remove a seat", "Eve")
    ada.button("Remove this seat").click()
    expect(eve.page.get_by_text("your seat was removed")).to_be_visible()

    ada.button("Change the channel key").click()
    expect(bob.page.get_by_text("Old channel key (replaced)")).to_be_visible()
    ada.until(f"!location.href.includes('{key}')")
    ada.page.reload()
    ada.in_seat("Sender")
    stranger = visitor()
    stranger.go(f"/?channel={key}")
    expect(stranger.page.get_by_text("No open channel has this key")).to_be_visible()

    ada.page.get_by_text("Owner's controls").click()
    ada.page.get_by_text("I want to end this channel").click()
    ada.button("End the channel").click()
    for person in (ada, bob, late):
        expect(person.page.get_by_text("This channel has ended")).to_be_visible()
