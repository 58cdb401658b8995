"""The first start makes what is missing, and no start touches what is there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.errors import ControlError
from sluicegate.appliance.bootstrap import APPLICATION, FirstSecrets, bootstrap
from sluicegate.appliance.data_dir import opened
from sluicegate.appliance.settings import Settings

KEY, PASSWORD = "a-supplied-key-of-30-characters", "a supplied password"
MADE_UP = Settings()
SUPPLIED = Settings(api_key=KEY, admin_password=PASSWORD)


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    async with opened(Settings(data_dir=tmp_path)) as database:
        assert isinstance(database, Database)
        yield Control(database, b"p" * 32)


async def test_a_first_start_makes_up_a_password_and_a_key_that_work(control: Control) -> None:
    first = await bootstrap(control, MADE_UP)
    assert first.password is not None
    assert await control.verify_admin("admin@localhost", first.password)
    (key,) = await control.list_keys()
    assert first.key is not None
    assert first.key.startswith(key.prefix)
    assert key.application == APPLICATION


async def test_a_later_start_makes_nothing(control: Control) -> None:
    first = await bootstrap(control, MADE_UP)
    assert await bootstrap(control, MADE_UP) == FirstSecrets()
    assert len(await control.list_keys()) == 1
    assert first.password is not None
    assert await control.verify_admin("admin@localhost", first.password)


async def test_two_first_starts_make_different_secrets(control: Control, tmp_path: Path) -> None:
    first = await bootstrap(control, MADE_UP)
    async with opened(Settings(data_dir=tmp_path / "other")) as database:
        second = await bootstrap(Control(database, b"p" * 32), MADE_UP)
    assert first.password != second.password
    assert first.key != second.key


async def test_supplied_secrets_are_taken_and_not_shown_again(control: Control) -> None:
    for _ in range(2):
        assert not await bootstrap(control, SUPPLIED)
    assert await control.verify_admin("admin@localhost", PASSWORD)
    (key,) = await control.list_keys()
    assert KEY.startswith(key.prefix)


async def test_a_supplied_password_is_for_the_first_administrator_only(control: Control) -> None:
    await bootstrap(control, SUPPLIED)
    await bootstrap(control, replace(SUPPLIED, admin_password="another password"))
    assert await control.verify_admin("admin@localhost", PASSWORD)
    assert not await control.verify_admin("admin@localhost", "another password")


async def test_a_newly_supplied_key_works_beside_the_old_one(control: Control) -> None:
    await bootstrap(control, SUPPLIED)
    assert not await bootstrap(control, replace(SUPPLIED, api_key=KEY + "-2"))
    assert len(await control.list_keys()) == 2


async def test_when_every_key_was_revoked_no_start_makes_one_unasked(control: Control) -> None:
    await bootstrap(control, MADE_UP)
    await control.revoke_key((await control.list_keys())[0].key_id)
    assert (await bootstrap(control, MADE_UP)).key is None


async def test_a_supplied_key_that_was_revoked_stays_revoked(control: Control) -> None:
    await bootstrap(control, SUPPLIED)
    await control.revoke_key((await control.list_keys())[0].key_id)
    assert not await bootstrap(control, SUPPLIED)
    assert not (await control.list_keys())[0].live


async def test_a_supplied_key_of_another_application_stays_where_it_is(control: Control) -> None:
    await control.create_key("shop", KEY)
    assert not await bootstrap(control, SUPPLIED)
    assert [key.application for key in await control.list_keys()] == ["shop"]


async def test_a_supplied_key_that_cannot_serve_is_refused(control: Control) -> None:
    with pytest.raises(ControlError):
        await bootstrap(control, replace(SUPPLIED, api_key="short"))
