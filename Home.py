"""The lobby: create a channel or join one, then choose a name and a role."""

import streamlit as st

import ui
from exchange import CHANNEL_KINDS, KEEP_FOR, ExchangeError, Lobby
from ui import door

state = st.session_state


def create() -> None:
    """The form that makes a channel."""
    st.subheader("Create a channel")
    name = st.text_input("Channel name", placeholder="optional")
    kind = st.radio(
        "Channel kind",
        [kind.capitalize() for kind in CHANNEL_KINDS],
        horizontal=True,
        captions=["for real pictures: only the secure scheme", "to see insecure schemes broken"],
    )
    keep_for = st.radio("Keep for", list(KEEP_FOR), index=1, horizontal=True)
    if st.button("Create channel", type="primary", icon=":material/add:"):
        try:
            new = ui.exchange().create_channel(
                name=name, kind=kind.lower(), keep_for=keep_for, visitor=ui.visitor()
            )
        except ExchangeError as error:
            st.error(str(error))
        else:
            ui.keep_ticket(new.key, new.owner_ticket)
            choose(new.key)


def join() -> None:
    """The form that takes a channel key."""
    st.subheader("Join a channel")
    key = st.text_input("Channel key", value=state.get("lobby_key", ""), placeholder="ABCDE-FGHJK")
    if st.button("Join channel", icon=":material/login:"):
        choose(key)


def choose(key: str) -> None:
    """Puts the key into the page's address; the rerun looks the channel up."""
    state["lobby_key"] = key
    st.query_params["channel"] = key
    st.rerun()


def look_in() -> tuple[str, Lobby] | None:
    """The channel that the address names, if its key is good."""
    key = ui.channel_in_url() or state.get("lobby_key", "")
    if not key:
        return None
    state["lobby_key"] = key
    try:
        if state.get("right_key") != key:
            ui.exchange().join(key, ui.visitor())
            state["right_key"] = key
        return key, ui.exchange().look_in(key)
    except ExchangeError as error:
        state.pop("right_key", None)
        st.error(str(error))
        return None


def enter(key: str, lobby: Lobby) -> None:
    """Key, people, name and role; then a seat."""
    key = ui.tidy_key(key)
    with st.container(border=True):
        shown, people = st.columns([3, 2])
        with shown:
            ui.labelled(f"{lobby.channel.kind.capitalize()} channel", lobby.channel.name)
            ui.labelled_code("Channel key", key, key="big_key")
            st.caption(
                f"Kept until {ui.day_and_time(lobby.channel.expires_at)}. Pass the key on to the "
                "people you want here; whoever has it can come in."
            )
        with people:
            here = [f"{p.name} ({p.role})" for p in lobby.people if p.here]
            ui.labelled(f"People here: {len(here)}", "\n".join(here) or "Nobody yet.")
    ui.own_seats(key, here=True)
    st.subheader("Take a seat")
    ui.seat_form(key)


def main() -> None:
    """The page."""
    with ui.lobby_page("Lobby"):
        st.title("RSA image encryption")
        st.markdown(
            "Share images so that only the chosen receivers can open them, and see what an "
            "interceptor sees on the way."
        )
        found = look_in()
        if found:
            enter(*found)
            with st.expander("Another channel", expanded=False):
                join()
                create()
        else:
            left, right = st.columns(2, gap="large")
            with left:
                create()
            with right:
                join()
        ui.own_seats(found[0] if found else "", here=False)
        st.page_link("pages/compare.py", label="Compare the schemes", icon=":material/compare:")


if __name__ == "__main__":
    main()
else:  # `streamlit run` imports this file once, for the server itself
    app = st.App("Home.py", middleware=door.middleware(), lifespan=door.opened)
