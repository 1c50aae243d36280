"""Statistics as a table, with what rejections mean above it."""

from collections.abc import Sequence

import streamlit as st

from rsa_core.analysis import Measurement, meanings_of, rows_of


def statistics_table(table: Sequence[Measurement], *, alt: str) -> None:
    """What the tests say together, then one row for each statistic."""
    tests = [one for one in table if one.consistent is not None]
    far = meanings_of(table)
    if tests:
        percent = f"{100 * tests[0].level:g} %"
        icon = ":material/monitoring:"
        if far:
            st.warning(
                f"{len(far)} of {len(tests)} tests say: far from random at {percent}.", icon=icon
            )
            st.text("\n".join(far))
        else:
            st.success(
                f"All {len(tests)} tests are consistent with random at {percent}.", icon=icon
            )
    st.dataframe(rows_of(table), hide_index=True, height="content", alt=alt)
