"""The record in numbers and pages: added up right, and only the tenant's own."""

import time
import uuid
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.results import ResultsReader, UnknownQuestion
from sluicegate.detection.types import Action, AuditEntry, Decided, Finding, Receipt, Verdict
from tests.store.material import ATTACK, CLEAN, ENTRY, LEAK, SOMEONE, written

THEIRS = replace(SOMEONE, tenant_id="tenant-2")
DAY = 86_400.0


def _id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _entry(
    number: int, *found: tuple[Finding, Action], tenant: str = "tenant-1", age: float = 0.0
) -> AuditEntry:
    decided = tuple(Decided(finding, action) for finding, action in found)
    verdict = Verdict(
        max([action for _, action in found], default=Action.PASS), decided, receipt=Receipt(1, 9)
    )
    return replace(
        ENTRY,
        exchange_id=_id(number),
        principal=replace(SOMEONE, tenant_id=tenant),
        core=replace(ENTRY.core, prompt=verdict if found else CLEAN, answer=None),
        started=time.time() - age,
    )


@pytest.fixture
async def reader(database: Database, audit_log: AuditLog) -> ResultsReader:
    await written(
        audit_log,
        [
            _entry(1, (ATTACK, Action.BLOCK)),
            _entry(2, (LEAK, Action.MASK)),
            _entry(3, (ATTACK, Action.FLAG), (LEAK, Action.MASK), age=2 * DAY),
            _entry(4),
            _entry(5, age=40 * DAY),
            _entry(6, (ATTACK, Action.BLOCK), tenant="tenant-2"),
        ],
    )

    async def settled() -> None:
        return None

    return ResultsReader(database, settled)


async def ask(reader: ResultsReader, question: str, **options: Any) -> Any:
    return await reader.ask(question, SOMEONE, options)


async def test_the_numbers_of_some_days(reader: ResultsReader) -> None:
    numbers = await ask(reader, "stats", days=30)
    trends = numbers.pop("daily_trends")
    assert numbers == {
        "total_requests": 4,
        "security_risks": 2,
        "compliance_risks": 0,
        "data_leaks": 2,
        "high_risk_count": 3,
        "medium_risk_count": 0,
        "low_risk_count": 0,
        "safe_count": 1,
        "risk_distribution": {"high_risk": 3, "medium_risk": 0, "low_risk": 0, "no_risk": 1},
    }
    assert sum(day["total"] for day in trends) == 4
    assert [day["date"] for day in trends] == sorted({day["date"] for day in trends})
    assert all(len(day["date"]) == len("2026-01-31") for day in trends)
    assert (await ask(reader, "stats", days=1))["total_requests"] == 3
    assert (await ask(reader, "stats", days=90))["total_requests"] == 5


async def test_what_was_found_by_category(reader: ResultsReader) -> None:
    found = await ask(reader, "categories", days=30)
    assert {item["name"]: item["value"] for item in found} == {
        "prompt_attack.override": 2,
        "secret.aws_access_key": 2,
    }


async def test_pages_are_newest_first_and_narrowed(reader: ResultsReader) -> None:
    first = await ask(reader, "page", per_page=2)
    assert (first["total"], first["page"], first["pages"], first["per_page"]) == (5, 1, 3, 2)
    last = await ask(reader, "page", per_page=2, page=3)
    assert [item["id"] for item in last["items"]] == [_id(5)]
    blocked = await ask(reader, "page", action="block")
    (item,) = blocked["items"]
    assert (item["id"], item["overall_risk_level"]) == (_id(1), "high_risk")
    assert item["security_categories"] == ["prompt_attack.override"]
    leaks = await ask(reader, "page", data_risk_level="high_risk")
    assert {item["id"] for item in leaks["items"]} == {_id(2), _id(3)}
    assert (await ask(reader, "page", application_id="nobody"))["total"] == 0
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * DAY))
    assert (await ask(reader, "page", start_date=today))["total"] == 4
    assert (await ask(reader, "page", end_date=today))["total"] == 1


async def test_one_by_either_spelling_of_its_id(reader: ResultsReader) -> None:
    for spelled in (_id(1), "guardrails-" + uuid.UUID(int=1).hex):
        assert (await ask(reader, "one", id=spelled))["action"] == "block"
    for spelled in ("", "x", "\x00", "guardrails-", _id(77)):
        assert await ask(reader, "one", id=spelled) is None


async def test_nobody_sees_another_tenants_record(reader: ResultsReader) -> None:
    assert await ask(reader, "one", id=_id(6)) is None
    assert (await reader.ask("page", THEIRS, {}))["total"] == 1
    assert (await reader.ask("stats", THEIRS, {}))["total_requests"] == 1
    assert await reader.ask("one", THEIRS, {"id": _id(1)}) is None
    nobody = replace(SOMEONE, tenant_id="tenant-3")
    assert (await reader.ask("stats", nobody, {}))["total_requests"] == 0
    assert await reader.ask("categories", nobody, {}) == []


async def test_the_usage_is_that_of_the_key(reader: ResultsReader) -> None:
    assert await ask(reader, "usage", days=30) == {"object": "usage", "days": 30, "requests": 4}
    other = replace(SOMEONE, key_id="key-9")
    assert (await reader.ask("usage", other, {}))["requests"] == 0


async def test_an_unknown_question_has_no_answer(reader: ResultsReader) -> None:
    with pytest.raises(UnknownQuestion):
        await ask(reader, "secrets")
