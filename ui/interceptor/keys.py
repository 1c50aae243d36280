"""Public keys in sight: how healthy each is, and an insider's key for a lesson."""

import streamlit as st

from exchange import ExchangeError, Seat, SeenKey
from lab.experiments import health_of
from rsa_core import Finding
from ui.frame.parts import KEYS, part
from ui.frame.service import exchange, visitor
from ui.interceptor.experiments import worked_out
from ui.parts.held import key_of
from ui.parts.widgets import labelled_code


@part(KEYS)
def show_keys(seat: Seat) -> None:
    """Key health on demand, and in classroom channels an insider's key."""
    keys = exchange().interceptor.public_keys(seat)
    with st.expander("Key health"):
        if keys:
            _health(seat, keys)
        else:
            st.caption("No receiver has a public key yet.")
    if seat.channel.kind == "classroom":
        with st.expander("An insider's key"):
            _insider(seat)


def _health(seat: Seat, keys: tuple[SeenKey, ...]) -> None:
    st.caption(
        "Which attacks could break a public key, and what each would cost. Quick ones are tried, "
        "which takes some seconds."
    )
    key = st.selectbox("Public key", keys, format_func=_label, key=key_of(seat, "public_key"))
    others = [(other.n, other.e) for other in keys if other != key]
    found = worked_out(
        "Check this key",
        "health_and_safety",
        "Trying the quick attacks …",
        (key, keys),
        lambda: health_of((key.n, key.e), others, visitor(), seat.channel.id),
    )
    if found is None:
        return
    _verdict([one for one in found if one.concerns == "key"])
    _table([one for one in found if one.concerns == "key"], "Key health: attacks on the key")
    textbook = [one for one in found if one.concerns == "textbook"]
    st.warning(
        "Whatever the key: without padding, as the textbook schemes use it, these attacks remain.",
        icon=":material/warning:",
    )
    _table(textbook, "Key health: attacks on the textbook schemes")


def _verdict(found: list[Finding]) -> None:
    """One line that says what the table below it says."""
    broken = [one.attack for one in found if one.verdict == "broken"]
    risky = [one.attack for one in found if one.verdict == "at risk"]
    if broken:
        st.error(f"This key is broken: {', '.join(broken)}", icon=":material/key_off:")
    elif risky:
        st.warning(f"This key is at risk: {', '.join(risky)}", icon=":material/key_alert:")
    else:
        st.success("This key resists every attack that was tried.", icon=":material/key:")


def _table(found: list[Finding], alt: str) -> None:
    st.dataframe(
        [
            {
                "Attack": one.attack,
                "Verdict": one.verdict,
                "Needs": one.needs,
                "Cost": one.cost,
            }
            for one in found
        ],
        hide_index=True,
        height="content",
        alt=alt,
    )


def _insider(seat: Seat) -> None:
    st.caption(
        "Two people who share a modulus can each compute the other's private key. Take the free "
        "key of a receiver's shared modulus, and run the insider's attack."
    )
    own = exchange().interceptor.keys.insider_key(seat)
    if own is not None:
        n, e = own
        labelled_code("Your own classroom key (insecure)", f"n = {n}\ne = {e}")
    if st.button("Take the other key of a shared modulus", icon=":material/key:"):
        try:
            exchange().interceptor.keys.take_insider_key(seat, visitor())
        except ExchangeError as error:
            st.error(str(error))
        else:
            st.rerun()


def _label(key: SeenKey) -> str:
    kind = "classroom key" if key.classroom else "key"
    return f"{key.name} · {kind}, {key.n.bit_length()} bits, e = {key.e}"
