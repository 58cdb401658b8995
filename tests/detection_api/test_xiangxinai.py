"""The client that OpenGuardrails' users have, xiangxinai 2.6.3, against a real appliance."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.detection_api.conftest import Launch
from tests.detection_api.service import ATTACK, CLEAN, SSN
from tests.support.appliance import RunningAppliance, until

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")

with warnings.catch_warnings():  # it speaks pydantic's old dialect
    warnings.simplefilter("ignore")
    import xiangxinai
    from xiangxinai.exceptions import AuthenticationError, RateLimitError


@contextmanager
def opened(appliance: RunningAppliance, key: str = "", **options: Any) -> Iterator[Any]:
    made = xiangxinai.XiangxinAI(key or appliance.key, f"{appliance.detection}/v1", max_retries=0, **options)
    with made._session:
        yield made


@pytest.fixture
def client(appliance: RunningAppliance) -> Iterator[Any]:
    with opened(appliance) as made:
        yield made


def test_check_prompt(client: Any) -> None:
    clean = client.check_prompt(CLEAN, user_id="u1")
    assert (clean.overall_risk_level, clean.suggest_action, clean.is_safe) == ("no_risk", "pass", True)
    attack = client.check_prompt(ATTACK)
    assert attack.is_blocked
    assert attack.has_substitute
    assert attack.suggest_answer
    assert attack.all_categories == ["Prompt Attacks"]
    assert attack.score > 0.4


def test_check_conversation(client: Any) -> None:
    messages = [
        {"role": "user", "content": CLEAN},
        {"role": "assistant", "content": "It comes tomorrow."},
        {"role": "user", "content": SSN},
    ]
    found = client.check_conversation(messages, user_id="u1")
    assert found.result.data.categories == ["US_SSN_SYS"]
    assert found.result.data.risk_level == "high_risk"
    assert found.suggest_action == "anonymize"


def test_check_response_ctx(client: Any) -> None:
    assert client.check_response_ctx(CLEAN, "It comes tomorrow.").is_safe
    found = client.check_response_ctx(CLEAN, SSN, user_id="u1")
    assert found.result.data.categories == ["US_SSN_SYS"]
    assert not found.is_safe


def test_health_and_models(client: Any) -> None:
    assert client.health_check()["status"] == "healthy"
    assert client.get_models()["data"][0]["id"] == "OpenGuardrails-Text"


def test_a_bad_key(appliance: RunningAppliance) -> None:
    with (
        opened(appliance, "sk-xxai-nobody-knows-this-key-0123") as client,
        pytest.raises(AuthenticationError),
    ):
        client.check_prompt(CLEAN)


def test_the_rate_limit(launch: Launch) -> None:
    with opened(launch(detection_rate_limit="2/minute")) as client:
        assert client.check_prompt(CLEAN).is_safe
        assert client.check_prompt(CLEAN).is_safe
        with pytest.raises(RateLimitError):
            client.check_prompt(CLEAN)


async def test_the_asynchronous_client(appliance: RunningAppliance) -> None:
    async with xiangxinai.AsyncXiangxinAI(appliance.key, f"{appliance.detection}/v1") as client:
        assert (await client.check_prompt(ATTACK)).is_blocked
        assert (await client.check_response_ctx(CLEAN, "Tomorrow.")).is_safe


def test_every_call_is_on_the_record_of_the_application(appliance: RunningAppliance) -> None:
    with opened(appliance) as client:
        found = client.check_prompt(SSN)
    digits = found.id.removeprefix("guardrails-")
    exchange = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def look() -> dict[str, Any] | None:
        answer = appliance.client.get(
            f"{appliance.proxy}/v1/exchanges/{exchange}", headers=appliance.headers()
        )
        record: dict[str, Any] = answer.json()
        return record if answer.status_code == 200 else None

    record = until(look, "the record of the call")
    assert (record["face"], record["path"], record["action"]) == ("api", "/v1/guardrails/input", "mask")
    assert record["outcome"] == "complete"
    assert "536-22-8743" not in str(record)


def test_a_token_stands_for_a_key_until_the_key_is_revoked(appliance: RunningAppliance) -> None:
    made = appliance.run("key", "create", "--application", "phone")
    listed = appliance.run("key", "list").stdout.splitlines()
    key_id = next(line.split()[0] for line in listed if "phone" in line)
    assert made.returncode == 0
    token = appliance.run("key", "token", key_id, "--minutes", "5").stdout.strip()

    def works() -> bool:
        body = {"input": CLEAN}
        answer = appliance.client.post(
            f"{appliance.detection}/v1/guardrails/input", json=body, headers=appliance.headers(token)
        )
        assert answer.status_code in (200, 401)
        return answer.status_code == 200

    until(lambda: works() or None, "the token to work")
    appliance.run("key", "revoke", key_id)
    until(lambda: None if works() else True, "the token to end with its key")
    assert appliance.run("key", "token", key_id).returncode == 1
