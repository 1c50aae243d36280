"""Statistics as a table, with the verdicts in words beside it."""

from collections.abc import Sequence

import streamlit as st

from rsa_core.analysis import Measurement


def statistics_table(table: Sequence[Measurement], *, alt: str) -> None:
    """One row for each statistic: value, what noise gives, p-value, verdict; then explanations."""
    tests = [one for one in table if one.consistent is not None]
    far = [one for one in tests if not one.consistent]
    if far:
        st.warning(
            f"{len(far)} of {len(tests)} tests say: far from random at {_percent(far[0].level)}.",
            icon=":material/monitoring:",
        )
        st.text("\n".join(f"{one.name}: {one.far}" for one in far))
    elif tests:
        st.success(
            f"All {len(tests)} tests are consistent with random at {_percent(tests[0].level)}.",
            icon=":material/monitoring:",
        )
    st.dataframe([_row(one) for one in table], hide_index=True, height="content", alt=alt)


def explanations(table: Sequence[Measurement]) -> None:
    """Formula and source of each statistic."""
    st.text("\n\n".join(f"{one.name}. {one.explanation}" for one in table))


def _row(one: Measurement) -> dict[str, str]:
    return {
        "Statistic": one.name,
        "Verdict": _short(one),
        "Value": "n/a" if one.value is None else f"{_number(one.value)} {one.unit}".strip(),
        "Ideal noise": _number(one.ideal),
        f"Accepted at {_percent(one.level)}, alone": _range(one),
        "p-value": _small(one.p_value),
        "p-value, Holm": _small(one.adjusted),
    }


def _short(one: Measurement) -> str:
    """The verdict in the table; what a rejection means is said above it."""
    if one.consistent is None:
        return one.verdict
    return "consistent" if one.consistent else "far from random"


def _range(one: Measurement) -> str:
    if one.low is not None and one.high is not None:
        return f"{_number(one.low)} to {_number(one.high)}"
    if one.low is not None:
        return f"from {_number(one.low)}"
    return f"up to {_number(one.high)}" if one.high is not None else ""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.1f}"


def _small(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return f"{p_value:.3f}" if p_value >= 0.001 else "below 0.001"


def _percent(level: float) -> str:
    return f"{100 * level:g} %"
