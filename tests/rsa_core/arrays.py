"""Samples of every shape and depth that a picture can have, drawn at random."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

_SIDE = st.integers(1, 9)
ANY_SAMPLES = st.builds(
    hnp.arrays,
    st.sampled_from([np.uint8, np.uint16]),
    st.tuples(_SIDE, _SIDE) | st.tuples(_SIDE, _SIDE, st.integers(2, 4)),
).flatmap(lambda drawn: drawn)
