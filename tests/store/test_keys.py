"""API keys: made, supplied, found, revoked - and never stored."""

import asyncio
import hashlib
import hmac
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from sluicegate.admin_ui.store import keys
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.admin_ui.store.errors import ControlError
from sluicegate.admin_ui.store.keys import NewKey
from sluicegate.detection.presets import preset
from tests.store.conftest import PEPPER

SUPPLIED = "a-key-of-24-characters-x"


async def test_a_generated_key_looks_like_one_and_opens_its_application(
    control: Control, directory: Directory
) -> None:
    made = await control.create_key("Support bot")
    assert made.secret.startswith("sk-xxai-")
    assert set(made.secret) <= set(string.ascii_letters + string.digits + "-_")
    assert 48 <= len(made.secret) <= 64
    assert made.created
    await directory.load()
    principal = directory.find(made.secret)
    assert principal is not None
    assert (principal.application, principal.key_id) == ("Support bot", made.key_id)
    assert principal.tenant_id == await control.ensure_default_tenant()


async def test_keys_are_different_and_open_the_same_application(
    control: Control, directory: Directory
) -> None:
    first, second = await control.create_key("bot"), await control.create_key("bot")
    assert first.secret != second.secret
    await directory.load()
    found = [directory.find(made.secret) for made in (first, second)]
    assert all(found)
    assert len({principal.application_id for principal in found if principal}) == 1


@pytest.mark.parametrize(
    ("supplied", "code"),
    [
        pytest.param("x" * 24, None, id="shortest"),
        pytest.param("x" * 23, "key_too_short", id="one-short"),
        pytest.param("", "key_too_short", id="empty"),
        pytest.param("x" * 512, None, id="longest"),
        pytest.param("x" * 513, "bad_key", id="one-long"),
        pytest.param("sk-proj-" + "Aa0_-./+=~!#" * 4, None, id="signs"),
        pytest.param("x" * 24 + " ", "bad_key", id="space"),
        pytest.param("x" * 24 + "\n", "bad_key", id="newline"),
        pytest.param("ключ" * 6, "bad_key", id="not-ascii"),
        pytest.param("x" * 24 + "\x7f", "bad_key", id="delete"),
    ],
)
async def test_a_supplied_key(
    control: Control, directory: Directory, supplied: str, code: str | None
) -> None:
    if code is None:
        made = await control.create_key("bot", supplied)
        assert made.secret == supplied
        await directory.load()
        assert directory.find(supplied) is not None
        return
    with pytest.raises(ControlError) as refused:
        await control.create_key("bot", supplied)
    assert refused.value.code == code
    assert not supplied or supplied not in str(refused.value)
    assert await control.list_keys() == []
    assert await control.list_applications() == []


async def test_supplying_the_same_key_again_changes_nothing(control: Control, directory: Directory) -> None:
    first = await control.create_key("bot", SUPPLIED)
    await directory.load()
    again = await control.create_key("bot", SUPPLIED)
    assert (again.key_id, again.created) == (first.key_id, False)
    assert len(await control.list_keys()) == 1
    assert await directory.refresh() is False


async def test_one_key_is_not_for_two_applications(control: Control) -> None:
    await control.create_key("bot", SUPPLIED)
    with pytest.raises(ControlError) as refused:
        await control.create_key("other", SUPPLIED)
    assert refused.value.code == "key_taken"


async def test_a_revoked_key_stays_revoked(control: Control, directory: Directory) -> None:
    made = await control.create_key("bot", SUPPLIED)
    await directory.load()
    assert await control.revoke_key(made.key_id) is True
    assert await directory.refresh() is True
    assert directory.find(SUPPLIED) is None
    assert await control.revoke_key(made.key_id) is False
    with pytest.raises(ControlError) as refused:
        await control.create_key("bot", SUPPLIED)
    assert refused.value.code == "key_revoked"
    (row,) = await control.list_keys()
    assert not row.live


async def test_revoking_nothing_is_said(control: Control) -> None:
    with pytest.raises(ControlError) as refused:
        await control.revoke_key("no-such-id")
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\x00b"])
async def test_an_application_needs_a_name(control: Control, name: str) -> None:
    with pytest.raises(ControlError) as refused:
        await control.create_key(name)
    assert refused.value.code == "bad_name"


async def test_starting_many_times_at_once_makes_one_key(control: Control, database: Database) -> None:
    others = [Control(database, PEPPER) for _ in range(4)]
    made = await asyncio.gather(*[one.create_key("bot", SUPPLIED) for one in (control, *others)])
    assert len({key.key_id for key in made}) == 1
    assert sum(key.created for key in made) == 1
    assert len(await control.list_keys()) == 1


async def test_wall_8_only_a_keyed_hash_is_stored(control: Control, database: Database) -> None:
    generated, supplied = await control.create_key("bot"), await control.create_key("bot", SUPPLIED)
    async with database.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM api_keys"))).mappings().all()
    for made in (generated, supplied):
        expected = hmac.new(PEPPER, made.secret.encode(), hashlib.sha256).hexdigest()
        (row,) = [row for row in rows if row["id"] == made.key_id]
        assert row["key_hash"] == expected
        assert made.secret not in str(rows)
        assert made.secret not in repr(made)
        assert made.secret[len(row["prefix"]) :] not in str(rows)
        assert len(row["prefix"]) <= 12


async def test_wall_8_without_the_pepper_a_copied_database_opens_nothing(
    control: Control, database: Database
) -> None:
    made = await control.create_key("bot")
    thief = Directory(database, b"another pepper", preset("balanced"))
    await thief.load()
    assert thief.find(made.secret) is None


async def test_wall_8_a_hash_is_not_a_key(control: Control, directory: Directory) -> None:
    made = await control.create_key("bot")
    await directory.load()
    assert directory.find(keys.digest(PEPPER, made.secret)) is None


def test_wall_8_nothing_of_a_key_is_in_the_file(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())

    async def make() -> NewKey:
        database = Database(f"sqlite:///{path}")
        await database.open()
        made = await Control(database, PEPPER).create_key("bot")
        await database.close()
        return made

    made = asyncio.run(make())
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert made.key_id.encode() in written
    assert made.secret.encode() not in written
    assert made.secret.encode()[12:30] not in written


@given(st.text(max_size=600))
def test_what_cannot_be_a_key_is_told_without_hashing(credential: str) -> None:
    plausible = (
        0 < len(credential) <= 512
        and credential.isascii()
        and credential.isprintable()
        and " " not in credential
    )
    assert keys.plausible(credential) is plausible


@pytest.mark.parametrize(
    ("key", "shown"),
    [("sk-xxai-abcdefghijkl", "sk-xxai-abcd"), ("my-own-key-of-24-characters", "my-o")],
)
def test_little_of_a_key_is_shown(key: str, shown: str) -> None:
    assert keys.display_prefix(key) == shown


async def test_an_application_is_made_once_and_found_by_name(control: Control) -> None:
    made = await control.ensure_application(" billing ")
    assert await control.ensure_application("billing") == made
    assert await control.find_application("billing") == made
    assert await control.list_applications() == ["billing"]


async def test_an_application_nobody_made_is_not_found(control: Control) -> None:
    with pytest.raises(ControlError) as caught:
        await control.find_application("nobody")
    assert caught.value.code == "not_found"


async def test_an_application_of_another_tenant_is_not_found(control: Control) -> None:
    other = await control.ensure_tenant("other")
    await control.ensure_application("theirs", tenant_id=other)
    with pytest.raises(ControlError):
        await control.find_application("theirs")
