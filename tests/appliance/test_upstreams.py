"""Upstreams: read from the file and from the variables SDKs read, refused with their line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate.appliance.credential_seal import seal
from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.secrets import prepare
from sluicegate.appliance.settings import Settings, load
from sluicegate.gateway.upstream_spec import UpstreamSpec

KEY = "sk-upstream-0123456789abcdef"
GOOD = '[[upstreams]]\nname = "a"\n'
AWS = GOOD + 'provider = "bedrock"\nregion = "us-east-1"\n'


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Settings]:
    def run(text: str, mode: int = 0o600, **environ: str) -> Settings:
        path = tmp_path / "s.toml"
        path.write_text(text)
        path.chmod(mode)
        return load(path, environ=environ)

    return run


def test_all_fields_and_their_defaults(read: Callable[..., Settings]) -> None:
    text = f"""
[[upstreams]]
name = "plain"

[[upstreams]]
name = "full-2"
provider = "openai"
base_url = "https://models.example.org/v1/"
api_key = "{KEY}"
models = ["gpt-*", "o3"]
passthrough = true
translate = true
http = "2"
proxy = "http://proxy.example:3128"
"""
    assert read(text).upstreams == (
        UpstreamSpec("plain", "openai", "https://api.openai.com/v1", None, ("*",), passthrough=False),
        UpstreamSpec(
            "full-2",
            "openai",
            "https://models.example.org/v1",
            KEY,
            ("gpt-*", "o3"),
            passthrough=True,
            translate=True,
            http="2",
            proxy="http://proxy.example:3128",
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[[upstreams]]\nmodels = ['x']", "line 1: upstreams.name: missing", id="no name"),
        pytest.param(
            GOOD + "nam = 1", "line 3: upstreams.nam: no such key; did you mean name?", id="unknown key"
        ),
        pytest.param(
            '[[upstreams]]\nname = "A"', "line 2: upstreams.name: expected lower-case", id="capitals"
        ),
        pytest.param(
            '[[upstreams]]\nname = "a_b"', "line 2: upstreams.name: expected lower-case", id="underscore"
        ),
        pytest.param(
            '[[upstreams]]\nname = "-a"', "line 2: upstreams.name: expected lower-case", id="hyphen first"
        ),
        pytest.param(
            '[[upstreams]]\nname = "demo"', "line 2: upstreams.name: demo is the name of the", id="demo"
        ),
        pytest.param(
            GOOD + GOOD, "line 4: upstreams.name: a is the name of an earlier upstream too", id="twice"
        ),
        pytest.param(
            GOOD + 'provider = "x"', "line 3: upstreams.provider: expected anthropic, azure,", id="provider"
        ),
        pytest.param(GOOD + "base_url = 1", "line 3: upstreams.base_url: expected a text", id="no text"),
        pytest.param(GOOD + "models = []", "line 3: upstreams.models: expected a list", id="no models"),
        pytest.param(GOOD + 'models = ["a**"]', "line 3: upstreams.models: expected a list", id="two stars"),
        pytest.param(GOOD + "aliases = []", "line 3: upstreams.aliases: expected names", id="aliases"),
        pytest.param(GOOD + 'aliases = { a = "" }', "line 3: upstreams.aliases: expected", id="no alias"),
        pytest.param(GOOD + "weight = -1", "line 3: upstreams.weight: expected a whole number", id="weight"),
        pytest.param(GOOD + "priority = true", "line 3: upstreams.priority: expected a whole", id="priority"),
        pytest.param(GOOD + "connections = 0", "line 3: upstreams.connections: expected a", id="connections"),
        pytest.param(GOOD + 'private = "yes"', "line 3: upstreams.private: expected true or", id="private"),
        pytest.param(
            GOOD + 'fallback = ["b"]',
            "line 3: upstreams.fallback: no other upstream is called b",
            id="fallback",
        ),
        pytest.param(GOOD + 'fallback = ["a"]', "line 3: upstreams.fallback: no other", id="own fallback"),
        pytest.param(GOOD + 'region = "us-east-1"', "line 3: upstreams.region: only an", id="region"),
        pytest.param(GOOD + 'provider = "azure"', "line 1: upstreams.base_url: missing", id="no address"),
        pytest.param(
            f'{AWS}access_key = "AKIA1234"', "line 1: upstreams.secret_key: missing", id="half a pair"
        ),
        pytest.param(
            f'{AWS}access_key = "AKIA1234"\nsecret_key = "s"\napi_key = "k"',
            "line 7: upstreams.api_key: requests are sent with a key or signed",
            id="two credentials",
        ),
        pytest.param(
            f'{AWS}access_key = "AKIA1234"\nsecret_key = "s"\npassthrough = true',
            "line 7: upstreams.passthrough: a client's signature",
            id="passthrough of a signature",
        ),
        pytest.param(
            f'{AWS}access_key = "AK!"\nsecret_key = "s"',
            "line 5: upstreams.access_key: the AWS access key must be",
            id="access key",
        ),
        pytest.param(
            GOOD + 'api_key = "sealed:AAAA"', "line 3: upstreams.api_key: it was sealed for", id="sealed"
        ),
        pytest.param(GOOD + 'models = "a"', "line 3: upstreams.models: expected a list", id="models no list"),
        pytest.param(
            GOOD + 'provider = "cohere"\ntranslate = true',
            "line 4: upstreams.translate: nothing is translated into the format of cohere",
            id="translate",
        ),
        pytest.param(
            GOOD + "passthrough = 1", "line 3: upstreams.passthrough: expected true or false", id="pass"
        ),
        pytest.param(
            GOOD + 'api_key = "env:NOPE"',
            "line 3: upstreams.api_key: the environment variable NOPE is not",
            id="env",
        ),
        pytest.param(
            GOOD + 'api_key = "file:/no/such"',
            "line 3: upstreams.api_key: the file /no/such cannot be",
            id="file",
        ),
        pytest.param(GOOD + 'http = "3"', 'line 3: upstreams.http: expected "1.1" or "2"', id="HTTP/3"),
        pytest.param(GOOD + "http = 2", "line 3: upstreams.http: expected a text", id="a number"),
        pytest.param(
            GOOD + 'http = "2"\nbase_url = "http://h/v1"',
            "line 3: upstreams.http: HTTP/2 is spoken over https only",
            id="HTTP/2 in the clear",
        ),
        pytest.param(
            GOOD + 'proxy = "socks5://p:1"', "line 3: upstreams.proxy: expected http://HOST:PORT", id="SOCKS"
        ),
        pytest.param(GOOD + 'proxy = ""', "line 3: upstreams.proxy: expected a text", id="no proxy"),
        pytest.param(
            GOOD + 'api_key = "a b"', "line 3: upstreams.api_key: the key holds characters", id="key"
        ),
    ],
)
def test_a_wrong_upstream_is_refused_with_file_line_and_key(
    read: Callable[..., Settings], tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{tmp_path / 's.toml'}, {message}")


def test_a_host_needs_a_name_and_a_key(read: Callable[..., Settings]) -> None:
    text = '[[upstreams]]\nname = "fast"\nprovider = "groq"\napi_key = "env:K"\n'
    (fast,) = read(text, K=KEY).upstreams
    assert (fast.provider, fast.base_url, fast.api_key) == ("openai", "https://api.groq.com/openai/v1", KEY)
    text = '[[upstreams]]\nname = "fast"\nprovider = "groq"\n'
    assert read(text, GROQ_API_KEY=KEY).upstreams[0].api_key == KEY
    assert read(text + 'base_url = "https://h/v1"', GROQ_API_KEY=KEY).upstreams[0].api_key is None
    (local,) = read('[[upstreams]]\nname = "local"\nprovider = "vllm"\n').upstreams
    assert (local.private, local.api_key) == (True, None)


def test_what_decides_who_answers(read: Callable[..., Settings]) -> None:
    text = GOOD + (
        'models = ["*-mini"]\naliases = { fast = "gpt-5-mini", "claude-*" = "llama" }\npriority = -2\n'
        'weight = 3\nfallback = ["b"]\nconnections = 5\nprivate = true\n[[upstreams]]\nname = "b"\n'
    )
    first = read(text).upstreams[0]
    assert (first.models, first.aliases) == (
        ("*-mini",),
        (("fast", "gpt-5-mini"), ("claude-*", "llama")),
    )
    assert (first.priority, first.weight, first.fallback, first.connections) == (-2, 3, ("b",), 5)
    assert first.private


def test_bedrock_is_asked_with_a_key_or_a_signature(read: Callable[..., Settings]) -> None:
    (keyed,) = read(AWS + 'api_key = "k"').upstreams
    assert keyed.base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert (keyed.api_key, keyed.signer) == ("k", None)
    pair = 'access_key = "AKIA1234"\nsecret_key = "env:S"\nsession_token = "t"\n'
    settings = read(AWS + pair, S="the-secret")
    (signed,) = settings.upstreams
    assert signed.signer is not None
    fields = dict(signed.signer.sign("POST", b"/x", [], b"", 0.0))
    assert b"Credential=AKIA1234/19700101/us-east-1/bedrock/" in fields[b"authorization"]
    assert fields[b"x-amz-security-token"] == b"t"
    assert "the-secret" not in repr(settings)


def test_a_sealed_key_opens_with_its_data_directory_only(
    read: Callable[..., Settings], tmp_path: Path
) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    sealed = seal(prepare(home).credential_key, KEY)
    assert KEY not in sealed
    assert seal(prepare(home).credential_key, KEY) != sealed
    text = GOOD + f'api_key = "sealed:{sealed}"\n'
    assert read(f'data_dir = "{home}"\n{text}', 0o644).upstreams[0].api_key == KEY
    prepare(other)
    for wrong in (
        f'data_dir = "{other}"\n{text}',
        f'data_dir = "{home}"\n' + text.replace(sealed[:4], "AAAA"),
    ):
        with pytest.raises(SettingError, match="was sealed for another data directory"):
            read(wrong)


@pytest.mark.parametrize(
    ("variables", "name", "base_url"),
    [
        ({"ANTHROPIC_API_KEY": KEY}, "anthropic", "https://api.anthropic.com"),
        ({"GOOGLE_API_KEY": KEY}, "gemini", "https://generativelanguage.googleapis.com"),
        (
            {"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": "x"},
            "gemini",
            "https://generativelanguage.googleapis.com",
        ),
        ({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://h"}, "anthropic", "https://h"),
    ],
)
def test_the_variables_of_other_sdks_make_upstreams(
    read: Callable[..., Settings], variables: dict[str, str], name: str, base_url: str
) -> None:
    assert read("", **variables).upstreams == (UpstreamSpec(name, name, base_url, KEY, ("*",)),)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://h/v1", "expected an http or https URL"),
        ("h/v1", "expected an http or https URL"),
        ("https://", "expected an http or https URL"),
        ("https://h:99999/v1", "expected an http or https URL"),
        ("https://h/v 1", "expected an http or https URL"),
        ("https://h\\@evil/", "expected an http or https URL"),
        ("https://user:pw@h/v1", "must not hold credentials"),
        ("https://user@h/v1", "must not hold credentials"),
        ("https://h/v1?key=1", "no query"),
        ("https://h/v1?", "no query"),
        ("https://h/v1#x", "no query and no fragment"),
        ("http://127.0.0.1:5002/v1", "points at this appliance itself"),
        ("http://localhost:5002/v1", "points at this appliance itself"),
        ("http://[::1]:5002/v1", "points at this appliance itself"),
    ],
)
def test_addresses_no_upstream_may_have(read: Callable[..., Settings], url: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read(GOOD + f"base_url = '{url}'")


def test_the_address_we_listen_on_is_no_upstream_either(read: Callable[..., Settings]) -> None:
    with pytest.raises(SettingError, match="points at this appliance itself"):
        read('host = "10.0.0.7"\n' + GOOD + 'base_url = "http://10.0.0.7:5002/v1"')
    assert read('host = "10.0.0.7"\n' + GOOD + 'base_url = "http://10.0.0.8:5002/v1"').upstreams


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("https://h/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://localhost:8000/v1", False),
        ("http://10.0.0.7:8000/v1", True),
    ],
)
def test_cleartext_to_another_machine_is_warned_about(
    read: Callable[..., Settings], url: str, warned: bool
) -> None:
    settings = read(GOOD + f"base_url = '{url}'")
    assert settings.upstreams[0].base_url == url
    assert [("unencrypted" in warning) for warning in settings.warnings] == ([True] if warned else [])


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_key_in_a_file_others_can_read_is_warned_about(
    read: Callable[..., Settings], mode: int, warned: bool
) -> None:
    settings = read(GOOD + f'api_key = "{KEY}"', mode)
    assert any("chmod 600" in warning for warning in settings.warnings) == warned
    assert KEY not in repr(settings)


def test_keys_come_from_variables_and_files_which_may_be_anybodys_to_read(
    read: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f" {KEY}\n")
    text = GOOD + f'api_key = "file:{tmp_path / "key"}"\n[[upstreams]]\nname = "b"\napi_key = "env:K"\n'
    settings = read(text, 0o644, K=KEY + "2")
    assert [spec.api_key for spec in settings.upstreams] == [KEY, KEY + "2"]
    assert settings.warnings == ()


def test_an_empty_key_file_is_refused(read: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(SettingError, match="is empty"):
        read(GOOD + f'api_key = "file:{tmp_path / "key"}"')


def test_the_variables_of_the_openai_sdk_make_an_upstream(read: Callable[..., Settings]) -> None:
    assert read("", OPENAI_API_KEY=KEY).upstreams == (
        UpstreamSpec("openai", "openai", "https://api.openai.com/v1", KEY, ("*",), passthrough=False),
    )
    assert read("", OPENAI_BASE_URL="http://127.0.0.1:8000/v1/").upstreams == (
        UpstreamSpec("openai", "openai", "http://127.0.0.1:8000/v1", None, ("*",), passthrough=False),
    )
    assert read("").upstreams == ()


def test_an_upstream_called_openai_in_the_file_stands_before_the_variables(
    read: Callable[..., Settings],
) -> None:
    settings = read('[[upstreams]]\nname = "openai"\n', OPENAI_API_KEY=KEY)
    assert [spec.api_key for spec in settings.upstreams] == [None]


def test_others_in_the_file_stand_beside_the_variables(read: Callable[..., Settings]) -> None:
    assert [spec.name for spec in read(GOOD, OPENAI_API_KEY=KEY).upstreams] == ["a", "openai"]


def test_a_shell_that_points_the_sdk_at_us_does_not_make_us_our_own_upstream(
    read: Callable[..., Settings],
) -> None:
    settings = read("", OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://127.0.0.1:5002/v1")
    assert settings.upstreams == ()
    assert "points at this appliance itself" in settings.warnings[0]


def test_a_wrong_openai_variable_is_refused_and_not_shown(read: Callable[..., Settings]) -> None:
    with pytest.raises(SettingError, match="environment variable OPENAI_BASE_URL: expected an http"):
        read("", OPENAI_BASE_URL="nonsense")
    with pytest.raises(SettingError) as caught:
        read("", OPENAI_API_KEY="two words")
    assert "two words" not in str(caught.value)
