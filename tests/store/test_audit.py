"""The audit log: once each, closed for good, all of a batch or nothing, nobody else's."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from sluicegate.admin_ui.models import DetectionResult
from sluicegate.admin_ui.store import verdicts
from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.chain import verify
from sluicegate.admin_ui.store.database import Database
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Decided, Verdict
from tests.store.conftest import AUDIT_KEY
from tests.store.material import (
    ATTACK,
    CLEAN,
    ENTRY,
    LEAK,
    MASKED,
    OUTCOMES,
    SOMEONE,
    VERDICTS,
    entry,
    stored,
    written,
)

OPEN = replace(ENTRY, outcome="open", status=0, core=replace(ENTRY.core, answer=None))


async def _rows(database: Database) -> Sequence[DetectionResult]:
    async with database.session() as session:
        return (await session.scalars(select(DetectionResult).order_by(text("request_id")))).all()


async def test_what_is_written_is_found(audit_log: AuditLog) -> None:
    await written(audit_log, [ENTRY])
    assert await audit_log.find("exchange-1", SOMEONE) == stored(ENTRY)


async def test_nothing_is_found_under_another_name(audit_log: AuditLog) -> None:
    await written(audit_log, [ENTRY])
    assert await audit_log.find("exchange-2", SOMEONE) is None


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_a_closed_entry_replaces_the_open_one(audit_log: AuditLog, outcome: str) -> None:
    closed = replace(ENTRY, outcome=outcome)
    await written(audit_log, [OPEN])
    found = await audit_log.find("exchange-1", SOMEONE)
    assert found is not None
    assert found.outcome == "open"
    await written(audit_log, [closed])
    assert await audit_log.find("exchange-1", SOMEONE) == stored(closed)


@pytest.mark.parametrize("late", [OPEN, replace(ENTRY, outcome="error", status=500)], ids=["open", "closed"])
async def test_a_closed_entry_is_never_replaced(audit_log: AuditLog, late: AuditEntry) -> None:
    await written(audit_log, [ENTRY])
    await written(audit_log, [late])
    assert await audit_log.find("exchange-1", SOMEONE) == stored(ENTRY)


async def test_every_order_and_every_batching_ends_the_same(audit_log: AuditLog, database: Database) -> None:
    for number, order in enumerate(permutations([OPEN, OPEN, ENTRY, ENTRY])):
        named = [replace(item, exchange_id=f"order-{number}") for item in order]
        for size in (1, 2, 4):
            for start in range(0, 4, size):
                await written(audit_log, named[start : start + size])
        assert await audit_log.find(f"order-{number}", SOMEONE) == stored(
            replace(ENTRY, exchange_id=f"order-{number}")
        )
    assert len(await _rows(database)) == 24


async def test_a_batch_is_written_whole(audit_log: AuditLog, database: Database) -> None:
    await written(audit_log, [entry(number) for number in range(250)])
    assert len(await _rows(database)) == 250


async def test_what_rows_have_in_common_stays_with_them(audit_log: AuditLog, database: Database) -> None:
    """Statements for many rows, and for what is left; rows of several callers, mixed."""
    callers = [replace(SOMEONE, application_id=f"application-{number}") for number in range(3)]
    cores = [replace(ENTRY.core, model=name, prompt=told) for name in "ab" for told in (MASKED, CLEAN)]
    batch = [
        replace(entry(number), principal=callers[number % 3], core=cores[number % 4], status=200 + number % 2)
        for number in range(150)
    ]
    await written(audit_log, batch)
    for told in batch:
        assert await audit_log.find(told.exchange_id, told.principal) == stored(told)
    assert await verify(database, AUDIT_KEY) is None


async def test_a_batch_that_fails_leaves_nothing(audit_log: AuditLog, database: Database) -> None:
    broken = replace(entry(2), exchange_id=None)  # type: ignore[arg-type]  # no row without an id
    with pytest.raises(SQLAlchemyError) as caught:
        await written(audit_log, [entry(1), broken])
    assert "Support bot" not in str(caught.value)
    assert await _rows(database) == []


async def test_an_empty_batch_is_nothing(audit_log: AuditLog, database: Database) -> None:
    await written(audit_log, [])
    assert await _rows(database) == []


async def test_writers_at_the_same_time_lose_nothing(audit_log: AuditLog, database: Database) -> None:
    await asyncio.gather(
        *[written(audit_log, [entry(10 * batch + number) for number in range(10)]) for batch in range(8)]
    )
    assert len(await _rows(database)) == 80


async def test_wall_7_another_application_finds_nothing(audit_log: AuditLog) -> None:
    await written(audit_log, [ENTRY])
    for other in (
        replace(SOMEONE, application_id="application-2"),
        replace(SOMEONE, tenant_id="tenant-2"),
        replace(SOMEONE, tenant_id="tenant-2", application_id="application-2"),
    ):
        assert await audit_log.find("exchange-1", other) is None


async def test_wall_7_another_tenant_cannot_replace_an_exchange(audit_log: AuditLog) -> None:
    await written(audit_log, [OPEN])
    thief = replace(ENTRY, principal=replace(SOMEONE, tenant_id="tenant-2"))
    await written(audit_log, [thief])
    assert await audit_log.find("exchange-1", SOMEONE) == stored(OPEN)
    assert await audit_log.find("exchange-1", thief.principal) is None


async def test_the_row_speaks_the_words_readers_expect(audit_log: AuditLog, database: Database) -> None:
    attacked = Verdict(Action.BLOCK, (Decided(ATTACK, Action.BLOCK), Decided(LEAK, Action.FLAG)))
    await written(audit_log, [replace(ENTRY, core=replace(ENTRY.core, prompt=attacked, answer=None))])
    (row,) = await _rows(database)
    assert (row.action, row.suggest_action) == ("block", "reject")
    assert (row.security_risk_level, row.security_categories) == ("high_risk", ["prompt_attack.override"])
    assert (row.data_risk_level, row.data_categories) == ("high_risk", ["secret.aws_access_key"])
    assert (row.compliance_risk_level, row.compliance_categories) == ("no_risk", [])
    assert row.created_at.utcoffset() is not None
    assert row.created_at.timestamp() == ENTRY.started
    assert (row.guard_ms, row.upstream_ms) == (1.0, 500.0)


async def test_wall_6_text_columns_stay_null_and_no_text_is_kept(
    audit_log: AuditLog, database: Database
) -> None:
    secret = "AKIAIOSFODNN7EXAMPLE"
    address = "someone@example.org"
    finding = replace(LEAK, pointer=f"/messages/0/{address}/{secret}")
    prompt = replace(
        ENTRY.core.prompt,
        decided=(Decided(finding, Action.MASK),),
        edits=tuple(replace(edit, text=secret, pointer=f"/x/{address}") for edit in ENTRY.core.prompt.edits),
        receipt=replace(
            ENTRY.core.prompt.receipt,
            unjudged=tuple(
                replace(part, pointer=f"/{secret}") for part in ENTRY.core.prompt.receipt.unjudged
            ),
        ),
    )
    await written(audit_log, [replace(ENTRY, core=replace(ENTRY.core, prompt=prompt, answer=prompt))])
    async with database.engine.connect() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM detection_results"))).mappings().all()
    texts = ("content", "original_content", "suggest_answer", "hit_keywords", "model_response")
    assert {name: row[name] for name in texts} == dict.fromkeys(texts)
    assert secret not in str(dict(row))
    assert address not in str(dict(row))
    assert "PLACEHOLDER" not in str(dict(row))


@pytest.mark.parametrize(
    "hostile",
    ["\x00", "\ud800", "x" * 10_000, "'; DROP TABLE users; --", "🦫" * 300],
    ids=["nul", "surrogate", "long", "sql", "wide"],
)
async def test_what_a_client_chose_never_loses_the_entry(audit_log: AuditLog, hostile: str) -> None:
    core = replace(ENTRY.core, model=hostile)
    await written(audit_log, [replace(ENTRY, path=hostile, method=hostile, client=hostile, core=core)])
    found = await audit_log.find("exchange-1", SOMEONE)
    assert found is not None
    assert len(found.path) <= 500
    assert len(found.core.model) <= 200


@given(prompt=VERDICTS, answer=st.none() | VERDICTS)
def test_every_verdict_comes_back(prompt: Verdict, answer: Verdict | None) -> None:
    core = AuditCore("openai_chat", "gpt-5", "digest", prompt, answer)
    for verdict in (core.prompt, core.answer):
        if verdict is not None:
            assert verdicts.from_json(verdicts.to_json(verdict)) == verdict


async def test_an_unanswered_exchange_stays_unanswered(audit_log: AuditLog) -> None:
    await written(audit_log, [OPEN])
    found = await audit_log.find("exchange-1", SOMEONE)
    assert found is not None
    assert found.core.answer is None


def test_a_file_kept_by_a_full_disk_is_not_reported_as_written(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "full.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setattr(f"{Database.__module__}._PRAGMAS", ("max_page_count=30",))

    async def fill() -> None:
        database = Database(f"sqlite:///{path}")
        await database.open()
        log = AuditLog(database, AUDIT_KEY)
        with pytest.raises(SQLAlchemyError, match="full"):
            await written(log, [entry(number) for number in range(2000)])
        assert await log.find("exchange-0", SOMEONE) is None
        await database.close()

    asyncio.run(fill())
