"""The live feed: each tenant its own, in order, and nobody's slowness costs others."""

import asyncio

import pytest

from sluicegate.admin_ui.store import live_feed
from sluicegate.admin_ui.store.audit import Stored
from sluicegate.admin_ui.store.live_feed import KEPT, MOST_WAITING, MOST_WATCHERS, LiveFeed, TooManyWatchers
from sluicegate.admin_ui.store.record import record_of
from tests.admin_ui.material import exchange
from tests.store.material import SOMEONE

RECORD = record_of(exchange(0, SOMEONE, 1_700_000_000.0))


def stored(number: int | None, tenant: str = SOMEONE.tenant_id) -> Stored:
    return Stored(number, RECORD._replace(setting=RECORD.setting._replace(tenant_id=tenant)))


async def test_a_watcher_gets_the_events_of_its_tenant_in_order() -> None:
    feed = LiveFeed()
    mine, theirs = feed.watch(SOMEONE.tenant_id), feed.watch("other")
    feed.publish([stored(1), stored(2, "other"), stored(None), stored(3)])
    assert [event.number for event in await mine.next(10)] == [1, 3]
    assert [event.number for event in await theirs.next(10)] == [2]
    assert await mine.next(0) == []


async def test_what_waits_is_woken_by_an_event() -> None:
    feed = LiveFeed()
    watcher = feed.watch(SOMEONE.tenant_id)
    waiting = asyncio.ensure_future(watcher.next(60))
    await asyncio.sleep(0)
    feed.publish([stored(7)])
    assert [event.number for event in await waiting] == [7]


async def test_a_watcher_that_does_not_read_is_let_go_and_others_miss_nothing() -> None:
    feed = LiveFeed()
    slow, quick = feed.watch(SOMEONE.tenant_id), feed.watch(SOMEONE.tenant_id)
    got: list[int] = []
    for number in range(MOST_WAITING + 1):
        feed.publish([stored(number)])
        got += [event.number for event in await quick.next(10)]
    assert got == list(range(MOST_WAITING + 1))
    assert slow.behind
    assert await slow.next(10) == []
    assert not quick.behind


async def test_what_was_missed_comes_again_as_far_as_it_is_remembered() -> None:
    feed = LiveFeed()
    feed.publish([stored(number) for number in range(KEPT + 10)])
    assert [event.number for event in await feed.watch(SOMEONE.tenant_id, KEPT + 6).next(10)] == [
        KEPT + 7,
        KEPT + 8,
        KEPT + 9,
    ]
    assert len(await feed.watch(SOMEONE.tenant_id, 0).next(10)) == KEPT
    assert await feed.watch("other", 0).next(0) == []


async def test_watchers_are_bounded_and_end_with_the_feed() -> None:
    feed = LiveFeed()
    watchers = [feed.watch("t") for _ in range(MOST_WATCHERS)]
    with pytest.raises(TooManyWatchers):
        feed.watch("t")
    feed.leave(watchers[0])
    last = feed.watch("t")
    feed.close()
    assert await last.next(60) == []
    assert last.over
    with pytest.raises(TooManyWatchers):
        feed.watch("t")


def test_an_event_holds_no_text_of_anyones() -> None:
    fields = set(live_feed.LiveEvent.__dataclass_fields__)
    shown = "number tenant_id exchange_id application started action outcome status streamed"
    assert fields == set(shown.split())
