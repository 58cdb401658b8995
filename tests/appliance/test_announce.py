"""What a start says, to a person and to a program."""

import io
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.appliance.announce import announce
from sluicegate.appliance.bootstrap import FirstSecrets
from sluicegate.appliance.demo import ALONE
from sluicegate.appliance.ports import Ports, base_url, taken_ports
from sluicegate.appliance.settings import Settings
from sluicegate.detection.presets import BALANCED
from sluicegate.gateway.upstream_spec import UpstreamSpec

FIRST = FirstSecrets("the-password", "sk-xxai-the-key")
SPEC = UpstreamSpec(
    "models", "openai", "https://models.example.org/v1", "sk-the-upstream-key", ("gpt-*", "o3")
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def ports() -> Iterator[Ports]:
    with taken_ports(Settings(admin_port=0, detection_port=0, proxy_port=0)) as taken:
        yield taken


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, warnings=("a warning",))


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "file"])
def test_places_policy_upstreams_warnings_and_a_call_are_said(
    stream: io.StringIO, ports: Ports, settings: Settings
) -> None:
    announce(settings, BALANCED, [SPEC, ALONE], ports, FirstSecrets(), stream)
    said = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    for listener in (ports.admin, ports.detection, ports.proxy):
        assert f"http://127.0.0.1:{listener.port}" in said
    for words in (
        "balanced",
        BALANCED.digest,
        "models",
        "gpt-*, o3",
        "no model is asked",
        "a warning",
        "curl http",
    ):
        assert words in said
    assert "sluicegate key create --application NAME" in said
    assert "sk-the-upstream-key" not in said


def test_a_terminal_is_shown_the_secrets_and_a_call_that_works(ports: Ports, settings: Settings) -> None:
    stream = Terminal()
    announce(settings, BALANCED, [ALONE], ports, FIRST, stream)
    said = stream.getvalue()
    assert "the-password" in said
    assert said.count("sk-xxai-the-key") == 2
    assert list(settings.data_dir.iterdir()) == []


def test_anything_else_is_told_of_a_private_file(ports: Ports, settings: Settings) -> None:
    stream = io.StringIO()
    announce(settings, BALANCED, [ALONE], ports, FIRST, stream)
    (path,) = settings.data_dir.iterdir()
    assert str(path.resolve()) in stream.getvalue()
    assert "the-password" not in stream.getvalue()
    assert "sk-xxai-the-key" not in stream.getvalue()
    assert path.read_text() == "admin sign-in: admin@localhost the-password\nAPI key: sk-xxai-the-key\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (FirstSecrets(key="k"), "API key: k\n"),
        (FirstSecrets(password="p"), "admin sign-in: admin@localhost p\n"),
    ],
)
def test_only_what_was_made_is_in_the_file(
    ports: Ports, settings: Settings, first: FirstSecrets, text: str
) -> None:
    announce(settings, BALANCED, [ALONE], ports, first, io.StringIO())
    (path,) = settings.data_dir.iterdir()
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5"),
        ("0.0.0.0", "http://127.0.0.1:5"),  # noqa: S104 - text only
        ("::", "http://[::1]:5"),
        ("fe80::1", "http://[fe80::1]:5"),
        ("gate.example.org", "http://gate.example.org:5"),
    ],
)
def test_a_client_on_this_machine_can_use_the_address(host: str, url: str) -> None:
    assert base_url(host, 5) == url


def test_first_secrets_are_in_no_repr() -> None:
    assert "the-" not in repr(replace(FIRST))
