"""An exchange between worker and database: what is packed comes back, by either way of reading."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.admin_ui.store.entries import COLUMNS, to_row
from sluicegate.admin_ui.store.record import INTERRUPTED, canonical, pack, repack, unpack, unpack_all
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Decided, Level, Principal, Verdict
from tests.store.material import CLEAN, ENTRY, MASKED, SOMEONE, VERDICTS, stored

CUTS = ("\n0,", ",\n0,", '"],\n0,["', "]", "\\n0", "\x00", "null]", "é\u2028")
"""Texts that look like what a record is cut at."""
_TEXTS = st.text(max_size=20) | st.sampled_from(CUTS)
ENTRIES = st.builds(
    lambda prompt, answer, model, path, name: replace(
        ENTRY,
        path=path,
        principal=replace(SOMEONE, application=name),
        core=AuditCore("openai_chat", model, "p", prompt, answer),
    ),
    VERDICTS | st.just(CLEAN),
    VERDICTS | st.just(CLEAN) | st.none(),
    _TEXTS,
    _TEXTS,
    _TEXTS,
)


@given(st.lists(ENTRIES, max_size=4))
def test_many_are_read_as_each_alone(entries: list[AuditEntry]) -> None:
    payloads = [pack(entry) for entry in entries]
    assert unpack_all(payloads) == [unpack(payload) for payload in payloads]


@given(ENTRIES)
def test_what_is_packed_comes_back(entry: AuditEntry) -> None:
    (record,) = unpack_all([pack(entry)])
    if b"\\u0000" not in pack(entry):
        assert record.entry() == stored(entry)
    assert unpack_all([repack(record)]) == [record]


@pytest.mark.parametrize("text", CUTS)
def test_what_a_client_names_is_no_place_to_cut(text: str) -> None:
    entry = replace(ENTRY, core=replace(ENTRY.core, model=text), client=text)
    (record,) = unpack_all([pack(entry)])
    assert record.setting.model == text.replace("\x00", "\ufffd") == record.client


def test_verdicts_are_stored_as_they_were_packed() -> None:
    (record,) = unpack_all([pack(ENTRY)])
    assert record.prompt_text == canonical(orjson.loads(record.prompt_text))
    row = dict(zip(COLUMNS, to_row(record), strict=True))
    assert (row["prompt_verdict"], row["answer_verdict"]) == (record.prompt_text, record.answer_text)


def test_the_columns_say_the_worst_of_both_directions() -> None:
    finding = replace(MASKED.decided[0].finding, category="pii.email", level=Level.LOW)
    blocked = Decided(finding, Action.BLOCK)
    answer = Verdict(Action.BLOCK, (blocked,))
    record = unpack(pack(replace(ENTRY, core=replace(ENTRY.core, answer=answer))))
    row = dict(zip(COLUMNS, to_row(record), strict=True))
    assert (row["action"], row["suggest_action"]) == ("block", "reject")
    assert (row["data_risk_level"], row["security_risk_level"]) == ("high_risk", "no_risk")
    assert row["data_categories"] == '["pii.email","secret.aws_access_key"]'


def test_one_that_is_carried_over_keeps_everything_but_its_outcome() -> None:
    record = unpack(pack(ENTRY))._replace(outcome=INTERRUPTED)
    assert unpack(repack(record)).entry() == replace(stored(ENTRY), outcome=INTERRUPTED)
    assert record.principal == Principal("tenant-1", "application-1", "Support bot", "key-1")


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"{}",
        b"[[],0,[],0,{},0,null]",
        b"[[],\n0,[],\n0,{},\n0,null]",
        b"[1,\n0,",
        b"[1,\n0,[],\n0,{},\n0,null]",
        b"\xff",
    ],
)
def test_what_is_no_record_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are some of them
        unpack(payload)
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        unpack_all([pack(ENTRY), payload])
