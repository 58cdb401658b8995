"""The audit chain: whatever is changed without the key is found, and nothing that we do breaks it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.chain import Break, verify
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.record import INTERRUPTED, OPEN
from sluicegate.admin_ui.store.schema import upgrade
from sluicegate.detection.types import AuditEntry, Verdict
from tests.store.conftest import AUDIT_KEY
from tests.store.material import ENTRY, VERDICTS, entry, written


async def _execute(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def _begun(log: AuditLog) -> None:
    """Nine entries in the chain; one of them was open before, one more still is."""
    await written(log, [entry(0, outcome=OPEN), entry(1), entry(2)])
    await written(log, [entry(number) for number in (0, 3, 4, 5, 6, 7)])
    await written(log, [entry(8, outcome=INTERRUPTED), entry(9, outcome=OPEN)])


async def test_an_empty_chain_holds(database: Database) -> None:
    assert await verify(database, AUDIT_KEY) is None


async def test_what_we_write_holds(database: Database, audit_log: AuditLog) -> None:
    await _begun(audit_log)
    assert await verify(database, AUDIT_KEY) is None


async def test_what_is_written_comes_back_with_its_number(audit_log: AuditLog) -> None:
    first = await written(audit_log, [entry(0, outcome=OPEN), entry(1), entry(2)])
    again = await written(audit_log, [entry(2), entry(0), entry(1), entry(0, outcome=OPEN), entry(3)])
    assert [(item.number, item.record.exchange_id) for item in first] == [
        (None, "exchange-0"), (1, "exchange-1"), (2, "exchange-2"),
    ]  # fmt: skip
    assert [(item.number, item.record.exchange_id) for item in again] == [
        (3, "exchange-0"),
        (4, "exchange-3"),
    ]


async def test_replays_leave_no_gap(database: Database, audit_log: AuditLog) -> None:
    for _ in range(3):
        await _begun(audit_log)
    await written(audit_log, [entry(number) for number in range(20)])
    assert await verify(database, AUDIT_KEY) is None
    assert (await written(audit_log, [entry(20)]))[0].number == 21


async def test_whole_numbers_of_seconds_are_numbers_of_seconds(
    database: Database, audit_log: AuditLog
) -> None:
    await written(audit_log, [replace(entry(1), started=1_780_000_000, guard_seconds=0, upstream_seconds=2)])
    assert await verify(database, AUDIT_KEY) is None


async def test_it_goes_on_after_a_restart(database: Database, audit_log: AuditLog) -> None:
    await _begun(audit_log)
    await written(AuditLog(database, AUDIT_KEY), [entry(30)])
    assert await verify(database, AUDIT_KEY) is None


async def test_two_writers_make_one_chain(database: Database, url: str) -> None:
    import asyncio

    other = Database(url)
    await other.open()
    logs = [AuditLog(database, AUDIT_KEY), AuditLog(other, AUDIT_KEY)]
    turns = [written(logs[turn % 2], [entry(10 * turn + n) for n in range(10)]) for turn in range(10)]
    numbers = [item.number for stored in await asyncio.gather(*turns) for item in stored]
    assert sorted(number or 0 for number in numbers) == list(range(1, 101))
    assert await verify(database, AUDIT_KEY) is None
    await other.close()


RESET = "UPDATE audit_chain SET number = 0, digest = substr(digest, 1, 0), seal = substr(seal, 1, 0)"

TAMPERINGS: dict[str, tuple[list[str], int | None]] = {
    "a word is changed": (["UPDATE detection_results SET action = 'pass' WHERE chain_number = 4"], 4),
    "a number is changed": (["UPDATE detection_results SET status = 500 WHERE chain_number = 4"], 4),
    "a time is changed": (
        ["UPDATE detection_results SET created_at = '2020-01-01 00:00:00.000000' WHERE chain_number = 9"],
        9,
    ),
    "a tenant is changed": (["UPDATE detection_results SET tenant_id = 'x' WHERE chain_number = 1"], 1),
    "a verdict is changed": (
        ["UPDATE detection_results SET prompt_verdict = '{}' WHERE chain_number = 5"],
        5,
    ),
    "an answer is forgotten": (
        ["UPDATE detection_results SET answer_verdict = NULL WHERE chain_number = 5"],
        5,
    ),
    "a digest is changed": (
        ["UPDATE detection_results SET chain_digest = other_digest WHERE chain_number = 5"],
        5,
    ),
    "one is removed": (["DELETE FROM detection_results WHERE chain_number = 3"], 3),
    "the first is removed": (["DELETE FROM detection_results WHERE chain_number = 1"], 1),
    "the last is removed": (["DELETE FROM detection_results WHERE chain_number = 9"], 9),
    "one is moved to the end": (
        ["UPDATE detection_results SET chain_number = 10 WHERE chain_number = 5"],
        9,
    ),
    "two are exchanged": (
        [
            "UPDATE detection_results SET chain_number = 99 WHERE chain_number = 2",
            "UPDATE detection_results SET chain_number = 2 WHERE chain_number = 3",
            "UPDATE detection_results SET chain_number = 3 WHERE chain_number = 99",
        ],
        2,
    ),
    "the end is cut off with its head": (
        [
            "DELETE FROM detection_results WHERE chain_number = 9",
            "UPDATE audit_chain SET number = 8, digest = other_digest",
        ],
        8,
    ),
    "the head is reset": (
        ["UPDATE audit_chain SET number = 0, digest = substr(digest, 1, 0), seal = substr(seal, 1, 0)"],
        0,
    ),
    "an open one is closed by hand": (
        ["UPDATE detection_results SET outcome = 'complete' WHERE outcome = 'open'"],
        None,
    ),
    "one is taken out of the chain": (
        ["UPDATE detection_results SET chain_number = NULL WHERE chain_number = 9"],
        None,
    ),
}


@pytest.mark.parametrize("case", TAMPERINGS)
async def test_what_is_changed_is_found(database: Database, audit_log: AuditLog, case: str) -> None:
    statements, number = TAMPERINGS[case]
    await _begun(audit_log)
    other = "(SELECT chain_digest FROM detection_results WHERE chain_number = 8)"
    await _execute(database, *(statement.replace("other_digest", other) for statement in statements))
    found = await verify(database, AUDIT_KEY)
    assert found is not None
    assert found.number == number


async def test_another_key_finds_nothing_right(database: Database, audit_log: AuditLog) -> None:
    await _begun(audit_log)
    assert await verify(database, b"b" * 32) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_chain SET number = 4",
        "UPDATE audit_chain SET number = 400",
        RESET,
        "UPDATE audit_chain SET seal = digest",
    ],
)
async def test_a_head_that_was_changed_stops_no_recording_and_is_never_forgotten(
    database: Database, audit_log: AuditLog, statement: str
) -> None:
    await _begun(audit_log)
    await _execute(database, statement)
    stored = await written(audit_log, [entry(50), entry(51)])
    assert len(stored) == 2
    await written(audit_log, [entry(52)])
    assert isinstance(await verify(database, AUDIT_KEY), Break)


_INTERPRETED = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_INTERPRETED
@given(exchanges=st.lists(st.tuples(VERDICTS, st.none() | VERDICTS), min_size=1, max_size=4))
def test_whatever_is_stored_is_read_as_it_was_written(
    new_url: Callable[[], str], exchanges: list[tuple[Verdict, Verdict | None]]
) -> None:
    """Both databases give JSON, numbers and times back in a spelling of their own."""
    import asyncio

    url = new_url()

    async def run() -> None:
        database = Database(url)
        await database.open()
        entries = [_judged(number, *pair) for number, pair in enumerate(exchanges)]
        await written(AuditLog(database, AUDIT_KEY), entries)
        assert await verify(database, AUDIT_KEY) is None
        await database.close()

    asyncio.run(run())


def _judged(number: int, prompt: Verdict, answer: Verdict | None) -> AuditEntry:
    core = replace(ENTRY.core, prompt=prompt, answer=answer, model="a \x00 model: \U0001f9ab")
    return replace(entry(number), core=core, started=1.7e9 + number / 7, guard_seconds=number / 3e5)


async def test_entries_from_before_the_chain_stay_outside_it(tmp_path: Path) -> None:
    from alembic import command

    from sluicegate.admin_ui.store import migrate

    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    await upgrade(url)
    database = Database(url)
    await database.open()
    log = AuditLog(database, AUDIT_KEY)
    await written(log, [entry(1), entry(2)])
    for revision in ("0001", "head"):
        async with database.engine.begin() as connection:

            def move(opened: object, revision: str = revision) -> None:
                configuration = migrate.config()
                configuration.attributes["connection"] = opened
                go = command.downgrade if revision == "0001" else command.upgrade
                go(configuration, revision)

            await connection.run_sync(move)
    await written(log, [entry(2), entry(3)])
    assert await verify(database, AUDIT_KEY) is None
    await _execute(database, "UPDATE detection_results SET chain_number = NULL WHERE chain_number = 1")
    assert await verify(database, AUDIT_KEY) is not None
    await database.close()
