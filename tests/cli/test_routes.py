"""`routes` and `upstream seal`, in this process."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sluicegate.appliance.cli import app
from sluicegate.appliance.credential_seal import unseal
from sluicegate.appliance.secrets import load_secrets
from sluicegate.gateway.router import MATCHER

UPSTREAMS = '[[upstreams]]\nname = "azure-eu"\nprovider = "azure"\nbase_url = "https://h"\n'


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "s.toml"
    path.write_text(UPSTREAMS)
    return str(path)


def test_every_route_is_listed_with_what_is_not_judged(config: str) -> None:
    ran = CliRunner().invoke(app, ["routes", "--config", config])
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    assert len(lines) == len(MATCHER.claims) + 1
    (chat,) = [line for line in lines if " /v1/chat/completions " in line]
    assert " partly enforced " in chat
    assert " azure-eu " in chat
    assert chat.endswith("messages.content media")


def test_routes_of_one_format_as_json(config: str) -> None:
    ran = CliRunner().invoke(app, ["routes", "--config", config, "--json", "--provider", "ollama"])
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {item["format"] for item in found} == {"ollama"}
    assert {item["method"] + item["path"] for item in found} >= {"POST/api/chat", "GET/api/tags"}
    assert {item["state"] for item in found} == {"enforced", "partly enforced", "exempt"}
    assert all(item["upstreams"] == [] for item in found)


def test_a_credential_is_sealed_for_the_data_directory(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ran = CliRunner().invoke(app, ["upstream", "seal", "--data-dir", str(home)], input="sk-abc\n")
    assert ran.exit_code == 0
    sealed = ran.stdout.strip().removeprefix("sealed:")
    assert "sk-abc" not in ran.output
    assert unseal(load_secrets(home).credential_key, sealed) == "sk-abc"


@pytest.mark.parametrize("given", ["", "two words\n", "caf\xe9\n"])
def test_what_is_no_credential_is_refused(tmp_path: Path, given: str) -> None:
    ran = CliRunner().invoke(app, ["upstream", "seal", "--data-dir", str(tmp_path / "home")], input=given)
    assert ran.exit_code != 0
    assert "two" not in ran.output
