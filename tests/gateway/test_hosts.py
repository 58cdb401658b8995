"""The presets of hosts make upstreams that work as they stand."""

import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.providers.hosts import Host, hosts
from sluicegate.middleware.providers.provider import PROVIDERS

NAMED = (
    "deepseek",
    "fireworks",
    "groq",
    "litellm",
    "llamacpp",
    "lmstudio",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
)


@pytest.mark.parametrize(("name", "host"), hosts().items(), ids=list(hosts()))
def test_a_name_and_a_key_are_enough(name: str, host: Host) -> None:
    spec = UpstreamSpec(name, host.provider, host.base_url, "a-key")
    assert spec.kind.credential("a-key") == (b"authorization", b"Bearer a-key")
    assert host.title
    assert host.private == host.base_url.startswith("http://127.0.0.1:")
    assert host.private or (host.base_url.startswith("https://") and host.key_variable.isupper())


def test_every_promised_host_is_there_and_none_hides_a_provider() -> None:
    assert set(NAMED) <= hosts().keys()
    assert not hosts().keys() & PROVIDERS.keys()


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("groq", b"/openai/v1/chat/completions"),
        ("perplexity", b"/chat/completions"),
        ("deepseek", b"/chat/completions"),
        ("fireworks", b"/inference/v1/chat/completions"),
        ("vllm", b"/v1/chat/completions"),
    ],
)
def test_the_path_is_the_one_of_the_host(name: str, place: bytes) -> None:
    host = hosts()[name]
    spec = UpstreamSpec(name, host.provider, host.base_url)
    assert spec.place("openai", b"/v1/chat/completions") == place
