"""What is cleared at a glance is nothing that a closer look would refuse."""

from itertools import product

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.middleware.answer_kind import answer_kind
from sluicegate.middleware.body import JSON, check_framing, is_usual
from sluicegate.middleware.headers import Fields, plain_type
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.rejection import Rejected
from sluicegate.middleware.routes import ANY_TYPE

LIMITS = Limits(request_bytes=1000)
LENGTHS = [b"", b"0", b"12", b"1000", b"1001", b"+1", b"1_0", b" 7", b"7 ", b"9" * 19, "\u0661".encode()]
TYPES = [
    b"application/json",
    b"Application/JSON",
    b"application/json; charset=utf-8",
    b"application/json; charset=utf-16",
    b"application/json;charset",
    b"text/plain",
    b"",
]
OTHERS: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"accept", b"*/*")],
    [(b"accept", b"*/*"), (b"accept", b"text/html")],
    [(b"content-length", b"12")],
    [(b"content-type", b"text/plain")],
    [(b"transfer-encoding", b"chunked")],
    [(b"transfer-encoding", b"")],
    [(b"content-encoding", b"gzip")],
    [(b"content-encoding", b"identity")],
]
HEADS = [
    [*([(b"content-length", length)] if length else []), (b"content-type", kind), *others]
    for length, kind, others in product(LENGTHS, TYPES, OTHERS)
]


@pytest.mark.parametrize("accepts", [JSON, ANY_TYPE, frozenset((b"text/plain", b""))])
def test_no_head_passes_at_a_glance_that_is_refused(accepts: frozenset[bytes]) -> None:
    for head in HEADS:
        if is_usual(head, LIMITS, accepts):
            check_framing(Fields(head), LIMITS, accepts)


def test_what_clients_send_passes_at_a_glance() -> None:
    head = [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"1000")]
    assert is_usual(head, LIMITS)
    assert not is_usual([*head, (b"content-length", b"1000")], LIMITS)


@pytest.mark.parametrize("length", [b"1001", b"+1", b"1_0", b"9" * 19])
def test_a_length_in_doubt_is_looked_at(length: bytes) -> None:
    head = [(b"content-type", b"application/json"), (b"content-length", length)]
    assert not is_usual(head, LIMITS)
    with pytest.raises(Rejected):
        check_framing(Fields(head), LIMITS)


def test_an_answer_of_plain_type_is_of_the_kind_that_a_closer_look_finds() -> None:
    for head in HEADS:
        if (kind := plain_type(head)) is not None:
            fields = Fields(head)
            assert [kind] == (fields.every(b"content-type") or [b""])
            assert not fields.every(b"content-encoding")
            assert answer_kind(head) == kind
    with pytest.raises(UpstreamFault):
        answer_kind([(b"content-type", b"application/json; charset=utf-16")])
