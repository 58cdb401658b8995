"""Bans: put in force, seen by the snapshot, ended by hand or by time."""

import time

import pytest

from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.admin_ui.store.errors import ControlError
from sluicegate.detection.presets import preset
from tests.store.conftest import PEPPER


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.time = float(int(time.time()))

    def __call__(self) -> float:
        return self.time


async def test_a_banned_address_is_known_after_a_refresh(control: Control, directory: Directory) -> None:
    await directory.load()
    await control.add_ban("ip", "203.0.113.7", "scraping")
    assert directory.bans.find("ip", "203.0.113.7") is None
    assert await directory.refresh() is True
    ban = directory.bans.find("ip", "203.0.113.7")
    assert ban is not None
    assert (ban.reason, ban.until) == ("scraping", None)
    assert directory.bans.find("ip", "203.0.113.8") is None
    assert directory.bans.find("key", "203.0.113.7") is None


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("::FFFF:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
    ],
)
async def test_an_address_has_one_spelling(control: Control, given: str, stored: str) -> None:
    row = await control.add_ban("ip", given)
    assert row.ban.value == stored
    assert await control.remove_ban("ip", given) is True


@pytest.mark.parametrize("value", ["", "localhost", "203.0.113.256", "203.0.113.0/24", "1.2.3", "☃"])
async def test_what_is_no_address_is_refused(control: Control, value: str) -> None:
    with pytest.raises(ControlError) as refused:
        await control.add_ban("ip", value)
    assert refused.value.code == "bad_ban"


async def test_a_key_and_an_application_can_be_banned(control: Control, directory: Directory) -> None:
    made = await control.create_key("bot")
    await directory.load()
    principal = directory.find(made.secret)
    assert principal is not None
    await control.add_ban("key", made.key_id)
    await control.add_ban("application", principal.application_id)
    await directory.refresh()
    assert directory.bans.find("key", made.key_id) is not None
    assert directory.bans.find("application", principal.application_id) is not None


@pytest.mark.parametrize(
    ("kind", "code"),
    [("key", "not_found"), ("application", "not_found"), ("user", "bad_ban"), ("", "bad_ban")],
)
async def test_a_ban_needs_a_subject(control: Control, kind: str, code: str) -> None:
    with pytest.raises(ControlError) as refused:
        await control.add_ban(kind, "nobody")
    assert refused.value.code == code


@pytest.mark.parametrize("until", [0.0, -1.0, float("nan"), float("inf"), 1e30])
async def test_a_ban_ends_in_the_future(control: Control, until: float) -> None:
    with pytest.raises(ControlError) as refused:
        await control.add_ban("ip", "203.0.113.7", until=until)
    assert refused.value.code == "bad_ban"


async def test_a_reason_is_short(control: Control) -> None:
    with pytest.raises(ControlError):
        await control.add_ban("ip", "203.0.113.7", "x" * 501)


async def test_a_ban_ends_by_itself(control: Control, database: Database) -> None:
    clock = Clock()
    directory = Directory(database, PEPPER, preset("balanced"), clock=clock)
    until = clock.time + 3600
    await control.add_ban("ip", "203.0.113.7", until=until)
    await directory.load()
    clock.time = until - 1
    assert directory.bans.find("ip", "203.0.113.7") is not None
    clock.time = until
    assert directory.bans.find("ip", "203.0.113.7") is None
    await directory.load()
    assert directory.snapshot.bans == {}


async def test_a_second_ban_takes_the_place_of_the_first(control: Control) -> None:
    await control.add_ban("ip", "203.0.113.7", "first")
    await control.add_ban("ip", "203.0.113.7", "second")
    (row,) = await control.list_bans()
    assert row.ban.reason == "second"


async def test_a_lifted_ban_is_gone_and_another_stays(control: Control, directory: Directory) -> None:
    lifted = await control.add_ban("ip", "203.0.113.7")
    await control.add_ban("ip", "203.0.113.8")
    await directory.load()
    assert await control.lift_ban(lifted.ban_id) is True
    assert await control.lift_ban(lifted.ban_id) is False
    assert await directory.refresh() is True
    assert directory.bans.find("ip", "203.0.113.7") is None
    assert directory.bans.find("ip", "203.0.113.8") is not None
    assert await control.remove_ban("ip", "203.0.113.7") is False
    assert await directory.refresh() is False
