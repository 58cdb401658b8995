"""Identifiers: version 7, in order of time, not to be guessed."""

import uuid

from sluicegate.middleware.request_id import new_id


def test_an_id_is_a_uuid_of_version_7_with_its_time() -> None:
    value = uuid.UUID(new_id(1_700_000_000.123))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == 1_700_000_000_123
    assert str(value) == str(uuid.UUID(int=value.int))


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_id(1_700_000_000.0 + step) for step in range(1000)]
    assert ids == sorted(ids)
    assert len({new_id(1.0) for _ in range(1000)}) == 1000
