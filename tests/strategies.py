"""Strategies shared by property tests."""

from hypothesis import strategies as st

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

TEXT = st.text(max_size=30)
KEYS = st.text(min_size=1, max_size=12)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4).filter(
            lambda members: len({key.casefold() for key in members}) == len(members)
        )
    ),
    max_leaves=12,
)
"""Any JSON value without keys that differ only in case."""

VALUES = st.text(
    alphabet=st.sampled_from("ab z\"'\\\n\t/{}[]:,\u00e9\U0001f600\u2028\x01"), min_size=1, max_size=24
)
"""Values that are awkward inside JSON strings: quotes, backslashes, line ends, emoji."""
