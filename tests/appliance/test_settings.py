"""Settings: which source wins, and what refuses to start with which words."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.settings import SETTINGS, Settings, load
from sluicegate.middleware.limits import Rate

SECRET = "a-secret-that-must-never-be-shown"
FILE, ENVIRONMENT, OPTION = 1001, 1002, 1003


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "sluicegate.toml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


@pytest.mark.parametrize(
    ("in_file", "in_environment", "in_options", "wins"),
    [
        (False, False, False, 5002),
        (True, False, False, FILE),
        (False, True, False, ENVIRONMENT),
        (False, False, True, OPTION),
        (True, True, False, ENVIRONMENT),
        (True, False, True, OPTION),
        (False, True, True, OPTION),
        (True, True, True, OPTION),
    ],
)
def test_the_later_source_wins(
    config: Callable[[str], Path], in_file: bool, in_environment: bool, in_options: bool, wins: int
) -> None:
    path = config(f"proxy_port = {FILE}\n" if in_file else "")
    environ = {"SLUICEGATE_PROXY_PORT": str(ENVIRONMENT)} if in_environment else {}
    options = {"proxy_port": OPTION if in_options else None}
    assert load(path, options, environ).proxy_port == wins


def test_the_file_in_the_working_directory_is_found(
    config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config('policy = "strict"').parent)
    assert load(environ={}).policy == "strict"


def test_without_any_source_every_setting_has_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environ={}) == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "\nprxy_port = 1", "line 2: prxy_port: no such setting; did you mean proxy_port?", id="typo"
        ),
        pytest.param("zzz = 1", "line 1: zzz: no such setting", id="nonsense"),
        pytest.param("[server]\nport = 1", "line 1: server: no such setting", id="table"),
        pytest.param(
            'host = "h"\nproxy_port = 70000',
            "line 2: proxy_port: expected a port from 0 to 65535, where 0 takes any free one, not 70000",
            id="value",
        ),
        pytest.param(
            'policy = "Lax!"',
            "line 1: policy: expected the name of a policy: "
            "monitor, balanced, strict or a file's, not 'Lax!'",
            id="word",
        ),
        pytest.param(
            "workers = 0", "line 1: workers: expected a whole number from 1 to 64, not 0", id="workers"
        ),
        pytest.param(
            'host = "0.0.0.0"\n\nauth = "open"',
            "line 3: auth: open needs a loopback host, and host is 0.0.0.0",
            id="open",
        ),
        pytest.param("proxy_port = 5000", "line 1: proxy_port: 5000 is also the admin_port", id="same port"),
        pytest.param(
            "admin_port = 5001", "line 1: detection_port: 5001 is also the admin_port", id="default port"
        ),
        pytest.param(
            "upstreams = 3", "line 1: upstreams: expected tables, each under [[upstreams]]", id="upstreams"
        ),
    ],
)
def test_a_wrong_file_is_refused_with_key_file_and_line(
    config: Callable[[str], Path], text: str, message: str
) -> None:
    path = config(text)
    with pytest.raises(SettingError) as caught:
        load(path, environ={})
    assert str(caught.value) == f"{path}, {message}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "SLUICEGATE_PROXI_PORT",
            "1",
            (
                "environment variable SLUICEGATE_PROXI_PORT: no such setting; "
                "did you mean SLUICEGATE_PROXY_PORT?"
            ),
        ),
        (
            "SLUICEGATE_policy",
            "strict",
            "environment variable SLUICEGATE_policy: no such setting; did you mean SLUICEGATE_POLICY?",
        ),
        (
            "sluicegate_policy",
            "strict",
            "environment variable sluicegate_policy: no such setting; did you mean SLUICEGATE_POLICY?",
        ),
        (
            "SLUICEGATE_PROXY_PORT",
            "x",
            (
                "environment variable SLUICEGATE_PROXY_PORT: proxy_port: "
                "expected a port from 0 to 65535, where 0 takes any free one, not 'x'"
            ),
        ),
        (
            "SLUICEGATE_AUTH",
            "none",
            "environment variable SLUICEGATE_AUTH: auth: expected keys or open, not 'none'",
        ),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    config: Callable[[str], Path], name: str, value: str, message: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load(config(""), environ={name: value})
    assert str(caught.value) == message


def test_a_wrong_option_is_refused_by_name(config: Callable[[str], Path]) -> None:
    with pytest.raises(SettingError) as caught:
        load(config(""), {"workers": 65, "data_dir": None}, {})
    assert str(caught.value) == "option --workers: workers: expected a whole number from 1 to 64, not 65"


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
def test_a_secret_stands_in_no_error_and_no_repr(config: Callable[[str], Path], name: str) -> None:
    bad = {
        "api_key": "short " + SECRET,
        "admin_password": SECRET * 40,
        "database_url": f"mysql://u:{SECRET}@h/d",
    }
    good = {"api_key": SECRET, "admin_password": SECRET, "database_url": f"postgresql://u:{SECRET}@h/d"}
    with pytest.raises(SettingError) as caught:
        load(config(f'{name} = "{bad[name]}"'), environ={})
    assert SECRET not in str(caught.value)
    assert name in str(caught.value)
    assert SECRET not in repr(load(config(f'{name} = "{good[name]}"'), environ={}))


def test_variables_that_kubernetes_sets_for_a_service_of_our_name_are_none_of_ours(
    config: Callable[[str], Path],
) -> None:
    environ = {
        "SLUICEGATE_SERVICE_HOST": "10.0.0.1",
        "SLUICEGATE_SERVICE_PORT": "5002",
        "SLUICEGATE_SERVICE_PORT_PROXY": "5002",
        "SLUICEGATE_PORT": "tcp://10.0.0.1:5002",
        "SLUICEGATE_PORT_5002_TCP": "tcp://10.0.0.1:5002",
        "SLUICEGATE_PORT_5002_TCP_ADDR": "10.0.0.1",
        "SLUICEGATE_PROXY_PORT": "tcp://10.0.0.1:5002",
    }
    assert load(config(""), environ=environ) == Settings()


def test_a_variable_set_to_nothing_is_not_set(config: Callable[[str], Path]) -> None:
    assert load(config(""), environ={"SLUICEGATE_API_KEY": "", "SLUICEGATE_X": ""}) == Settings()


@pytest.mark.parametrize(
    ("given", "admin", "detection", "proxy", "auth"),
    [
        ({}, Rate(120), Rate(100), Rate(600), Rate(30)),
        ({"rate_limit": "5/second"}, Rate(5, 1), Rate(5, 1), Rate(5, 1), Rate(5, 1)),
        ({"rate_limit": "off"}, None, None, None, None),
        ({"rate_limit": "off", "proxy_rate_limit": "7/hour"}, None, None, Rate(7, 3600), None),
        ({"proxy_rate_limit": "off"}, Rate(120), Rate(100), None, Rate(30)),
        ({"rate_limit": "9/minute", "auth_rate_limit": "off"}, Rate(9), Rate(9), Rate(9), None),
    ],
)
def test_a_sides_own_limit_counts_before_the_general_one(
    given: dict[str, str],
    admin: Rate | None,
    detection: Rate | None,
    proxy: Rate | None,
    auth: Rate | None,
) -> None:
    settings = load(options=given, environ={})
    found = tuple(settings.rate(side) for side in ("admin", "detection", "proxy", "auth"))
    assert found == (admin, detection, proxy, auth)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_open_is_allowed_on_loopback_with_a_warning(host: str) -> None:
    settings = load(options={"auth": "open", "host": host}, environ={})
    assert settings.auth == "open"
    assert any("without a key" in warning for warning in settings.warnings)


def test_two_ports_may_both_take_any_free_one() -> None:
    options = {"admin_port": 0, "detection_port": 0, "proxy_port": 0}
    assert load(options=options, environ={}).proxy_port == 0


def test_the_table_has_every_setting_with_help_and_a_readable_default() -> None:
    tables = ("upstreams", "assigned", "intercept", "guard", "vision", "embeddings", "warnings")
    named = [item.name for item in fields(Settings) if item.name not in tables]
    assert [setting.name for setting in SETTINGS] == named
    for setting in SETTINGS:
        assert setting.help.endswith(".")
        assert setting.variable == "SLUICEGATE_" + setting.name.upper()
        if setting.default is not None:
            setting.kind.read(setting.default)


def test_a_working_directory_that_cannot_be_read_is_named_as_the_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(SettingError, match=r"sluicegate\.toml in the working directory: Permission denied"):
        load(environ={})
