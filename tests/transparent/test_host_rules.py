"""Which hosts are looked into, before anything is known but their names; what unknown ones speak."""

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.intercepted.destinations import base_url, reachable
from sluicegate.gateway.intercepted.host_rules import HostRule, known_hosts, rule_from, rules_of
from sluicegate.gateway.intercepted.shape import is_spoken, may_speak, spoken_in
from sluicegate.gateway.intercepted.ticket import Ticket
from sluicegate.gateway.upstream.resolver import Resolver

RULES = rules_of(
    (
        HostRule(pattern="api.openai.com", action="tunnel"),
        HostRule(pattern="*.corp.example", action="inspect", private=True),
        HostRule(pattern="no.corp.example", action="refuse"),
        HostRule(pattern="10.1.2.3", action="inspect", private=True),
    )
)


@pytest.mark.parametrize(
    ("host", "action", "provider"),
    [
        ("api.openai.com", "tunnel", "openai"),  # the operator's rule is in front of the shipped one
        ("API.OpenAI.com.", "tunnel", "openai"),
        ("api.anthropic.com", "inspect", "anthropic"),
        ("api.anthropic.com.evil.example", "tunnel", "openai"),
        ("evilapi.anthropic.com", "tunnel", "openai"),
        ("x.openai.azure.com", "inspect", "azure"),
        (".openai.azure.com", "tunnel", "openai"),
        ("bedrock-runtime.eu-central-1.amazonaws.com", "inspect", "bedrock"),
        ("europe-west4-aiplatform.googleapis.com", "inspect", "vertex"),
        ("generativelanguage.googleapis.com", "inspect", "gemini"),
        ("storage.googleapis.com", "tunnel", "openai"),
        ("api.groq.com", "inspect", "openai"),
        ("llm.corp.example", "inspect", "openai"),
        ("no.corp.example", "refuse", "openai"),
        ("corp.example", "tunnel", "openai"),
        ("10.1.2.3", "inspect", "openai"),
        ("10.1.2.30", "tunnel", "openai"),
        ("::ffff:10.1.2.3", "tunnel", "openai"),
        ("", "tunnel", "openai"),
    ],
)
def test_the_closest_rule_decides(host: str, action: str, provider: str) -> None:
    rule = RULES.find(host)
    assert (rule.action, rule.provider) == (action, provider)


def test_every_known_host_is_inspected_in_a_format_there_is() -> None:
    assert len(known_hosts()) > 25
    assert {rule.action for rule in known_hosts()} == {"inspect"}
    assert {"api.openai.com", "api.anthropic.com", "api.mistral.ai"} <= {r.pattern for r in known_hosts()}


@pytest.mark.parametrize(
    "table",
    [
        {"host": "a.example"},
        {"action": "inspect"},
        {"host": "a.example", "action": "look"},
        {"host": "a.example", "action": "inspect", "private": "yes"},
        {"host": "a.example", "action": "inspect", "provider": "nobody"},
        {"host": "a.example/path", "action": "inspect"},
        {"host": "A.example", "action": "inspect"},
        {"host": "a.example", "action": "inspect", "base": "v1"},
        {"host": "a.example", "action": "inspect", "colour": "red"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        rule_from(table)


@pytest.mark.parametrize(
    ("address", "private", "reached"),
    [
        ("45.60.2.2", False, True),
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("169.254.169.254", True, False),
        ("fd00:ec2::254", True, False),
        ("::ffff:169.254.169.254", True, False),
        ("100.100.100.200", True, False),
        ("0.0.0.0", True, False),  # noqa: S104 - nobody listens there
    ],
)
@pytest.mark.parametrize("literal", [True, False])
async def test_only_addresses_that_a_rule_allows_are_connected_to(
    address: str, private: bool, reached: bool, literal: bool
) -> None:
    rule = HostRule(pattern="a.example", action="inspect", private=private)

    async def lookup(_: str) -> list[str]:
        return [address]

    resolver = Resolver(address if literal else "a.example", kinds=reachable(rule), lookup=lookup)
    if reached:
        assert await resolver.addresses() == [address]
    else:
        with pytest.raises(UpstreamFault):
            await resolver.addresses()


@pytest.mark.parametrize(
    ("scheme", "host", "port", "url"),
    [
        ("https", "a.example", 443, "https://a.example"),
        ("https", "a.example", 8443, "https://a.example:8443"),
        ("http", "a.example", 80, "http://a.example"),
        ("http", "2001:db8::1", 80, "http://[2001:db8::1]"),
    ],
)
def test_a_host_is_written_as_a_client_writes_it(scheme: str, host: str, port: int, url: str) -> None:
    assert base_url(Ticket(1, 1.0, scheme, host, port, "")) == url


CHAT = b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}'


@pytest.mark.parametrize(
    ("path", "body", "spoken"),
    [
        ("/v1/chat/completions", CHAT, ("openai", "")),
        ("/llm/openai/v1/chat/completions?x=1", CHAT, ("openai", "/llm/openai")),
        ("/v1/responses", b'{"model":"m","input":"x"}', ("openai", "")),
        ("/v1/messages", CHAT, ("anthropic", "")),
        ("/v1beta/models/g:streamGenerateContent", b'{"contents":[{"parts":[]}]}', ("gemini", "")),
        ("/api/chat", CHAT, ("ollama", "")),
        ("/model/x/converse", CHAT, ("bedrock", "")),
        ("/anything/at/all", CHAT, ("openai", "")),
        ("/anything/at/all", b'{"messages": [{"from": "a"}]}', None),
        ("/v1/messages", b'{"to": "a"}', None),
        ("/v1/chat/completions", b"", None),
        ("/api/chat", b'{"message" : 1}', None),
        ("/graphql", b'{"query": "{ user }"}', None),
    ],
)
def test_what_is_said_to_a_model_is_known_by_its_shape(
    path: str, body: bytes, spoken: tuple[str, str] | None
) -> None:
    assert spoken_in(path, body) == spoken


@pytest.mark.parametrize(
    ("begin", "yes"),
    [
        (b'data: {"id":"1","object":"chat.completion.chunk","choices":[{"delta":{}}]}', True),
        (b"event: message_start\ndata: {}", True),
        (b'[{"candidates": [{"content": {}}]', True),
        (b'{"model":"llama","message":{"content":"x"},"done":false}', True),
        (b'data: {"price": 1}', False),
        (b'{"choices": ["a", "b"]}', False),
        (b"event: tick\ndata: {}", False),
    ],
)
def test_what_a_model_answers_is_known_by_how_it_begins(begin: bytes, yes: bool) -> None:
    assert is_spoken(begin) is yes


def test_only_what_can_be_read_is_looked_at() -> None:
    assert may_speak("POST", "application/json; charset=utf-8")
    assert not may_speak("POST", "video/mp4")
    assert not may_speak("GET", "application/json")
