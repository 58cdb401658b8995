"""The snapshot survives its journey, whole or not at all."""

from types import MappingProxyType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.presets import preset
from sluicegate.detection.types import Ban, Principal
from sluicegate.middleware.credential import digest
from sluicegate.middleware.snapshot import BadSnapshot, Snapshot, SnapshotDirectory, decode, encode

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
SNAPSHOTS = st.builds(
    Snapshot,
    st.integers(-1, 2**40),
    st.dictionaries(TEXT, st.builds(Principal, TEXT, TEXT, TEXT, TEXT)).map(MappingProxyType),
    st.lists(st.builds(Ban, TEXT, TEXT, TEXT, st.none() | st.floats(0, 1e12)))
    .map(lambda bans: {(ban.kind, ban.value): ban for ban in bans})
    .map(MappingProxyType),
)


@given(SNAPSHOTS)
def test_what_is_encoded_is_decoded(snapshot: Snapshot) -> None:
    assert decode(orjson.loads(encode(snapshot))) == snapshot


@pytest.mark.parametrize(
    "rows", [None, 7, [], [1], [1, {}], ["x", [], []], [1, [["k"]], []], [1, [], [["ip", "v"]]], [1, [7], []]]
)
def test_what_is_no_snapshot_is_refused(rows: Any) -> None:
    with pytest.raises(BadSnapshot):
        decode(rows)


def test_a_snapshot_answers_for_keys_and_bans_until_it_is_replaced() -> None:
    now = [100.0]
    directory = SnapshotDirectory(b"p" * 32, preset("balanced"), clock=lambda: now[0])
    who = Principal("t", "a", "bot", "k")
    assert directory.find("a-key") is None
    keys = MappingProxyType({digest(b"p" * 32, "a-key"): who})
    bans = MappingProxyType({("ip", "::1"): Ban("ip", "::1", "", 200.0)})
    directory.replace(Snapshot(1, keys, bans))
    assert directory.find("a-key") == who
    assert directory.bans.find("ip", "::1") is not None
    assert directory.bans.find("ip", "::2") is None
    now[0] = 200.0
    assert directory.bans.find("ip", "::1") is None
    directory.replace(Snapshot(2))
    assert directory.find("a-key") is None
