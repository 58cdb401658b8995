"""The ``[intercept]`` of the settings file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sluicegate.appliance.authority_folder import FOLDER
from sluicegate.appliance.cli import app
from sluicegate.appliance.errors import ApplianceError, SettingError
from sluicegate.appliance.intercept_plan import gateway_plan, host_plan
from sluicegate.appliance.intercept_report import ADVICE, Reporter, read_report
from sluicegate.appliance.intercept_settings import InterceptSettings, authority_names
from sluicegate.appliance.settings import load
from sluicegate.gateway.transparent.tally import LISTED, MOST_LISTED, Tally
from sluicegate.gateway.transparent.wireguard import make_keys


def _load(folder: Path, text: str) -> InterceptSettings | None:
    path = folder / "sluicegate.toml"
    path.write_text(text)
    return load(path, environ={}).intercept


def test_there_is_no_proxy_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert _load(tmp_path, "workers = 1\n") is None
    assert _load(tmp_path, "[intercept]\n") == InterceptSettings()


def test_all_of_it_is_read(tmp_path: Path) -> None:
    found = _load(
        tmp_path,
        """
[intercept]
modes = ["regular@8080", "transparent@0.0.0.0:8081", "reverse:https://api.openai.com@8082"]
host = "0.0.0.0"
port = 8080
application = "office"
unknown = "look"
shadow = "refuse"
fail = "open"
known_hosts = false
client_ca = "ca.pem"
clients = { "192.0.2.0/24" = "sales", "2001:db8::1" = "alice@lab" }
processes = true
[[intercept.hosts]]
host = "llm.corp.example"
action = "inspect"
provider = "anthropic"
base = "/claude"
private = true
""",
    )
    assert found is not None
    assert (found.unknown, found.shadow, found.fail, found.application) == (
        "look",
        "refuse",
        "open",
        "office",
    )
    assert found.clients == (("192.0.2.0/24", "sales"), ("2001:db8::1", "alice@lab"))
    assert found.processes
    assert found.rules.find("llm.corp.example").provider == "anthropic"
    assert found.rules.find("api.openai.com").action == "look"
    assert authority_names(found) is None
    assert authority_names(InterceptSettings(known_hosts=False, hosts=found.hosts)) == ("llm.corp.example",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("intercept = 1", "expected a table"),
        ("[intercept]\nmode = 'regular'", "did you mean modes"),
        ("[intercept]\nmodes = ['upstream:http://x']", "expected modes"),
        ("[intercept]\nmodes = []", "expected modes"),
        ("[intercept]\nunknown = 'inspect'", "tunnel, look or refuse"),
        ("[intercept]\nfail = 'maybe'", "closed or open"),
        ("[intercept]\nclients = { '192.0.2.1/24' = 'a' }", "line 2: intercept.clients: expected a table"),
        ("[intercept]\nclients = { '192.0.2.1' = 'a\\n' }", "expected a table"),
        ("[intercept]\nclients = ['192.0.2.1']", "expected a table"),
        ("[intercept]\nmodes = 'transparent'\nusers = 'u'", "line 3: intercept.users: .*transparent cannot"),
        ("[intercept]\nhosts = 3", r"\[\[intercept.hosts\]\]"),
        ("[intercept]\n[[intercept.hosts]]\nhost = 'a b'\naction = 'inspect'", "line 2.*no host name"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        _load(tmp_path, text)


def test_a_client_of_wireguard_is_given_its_keys(tmp_path: Path) -> None:
    def run(endpoint: str) -> Result:
        words = ["intercept", "wireguard", "--endpoint", endpoint, "--data-dir", str(tmp_path)]
        return CliRunner().invoke(app, words)

    missing = run("192.0.2.1:51820")
    assert isinstance(missing.exception, ApplianceError)
    assert "was the mode wireguard started?" in str(missing.exception)
    (tmp_path / FOLDER).mkdir()
    make_keys(tmp_path / FOLDER)
    assert "Endpoint = [2001:db8::1]:51820\n" in run("[2001:db8::1]:51820").stdout
    assert isinstance(run("nowhere").exception, SettingError)


def test_a_plan_redirects_refuses_quic_and_can_be_undone() -> None:
    for plan in (gateway_plan("eth1", 8081), host_plan("sluicegate", 8081)):
        assert "tcp dport { 80, 443 } redirect to :8081" in plan.rules
        assert "udp dport 443 counter name quic reject" in plan.rules
        assert plan.undo == ("nft", "delete", "table", "inet", "sluicegate")
    assert 'iifname "eth1"' in gateway_plan("eth1", 8081).rules
    assert "meta skuid sluicegate accept" in host_plan("sluicegate", 8081).rules


def test_a_report_lists_who_went_past_with_what_to_do(tmp_path: Path) -> None:
    tally = Tally()
    for _ in range(3):
        tally.count("pinned", "10.0.0.5", "api.openai.com")
    tally.count("shadow", "10.0.0.6", "llm.example")
    tally.count("handed_over")
    Reporter(tmp_path, tally).write()
    report = read_report(tmp_path)
    assert report["counts"]["handed_over"] == 1
    assert ["pinned", "10.0.0.5", "api.openai.com", 3] in report["listed"]
    assert {row[0] for row in report["listed"]} <= set(ADVICE)
    assert set(LISTED) == set(ADVICE)


def test_what_is_listed_is_bounded() -> None:
    tally = Tally()
    for number in range(3 * MOST_LISTED):
        tally.count("direct_ip", "10.0.0.5", f"host-{number}")
    assert len(list(tally.sightings())) <= MOST_LISTED + 1
    assert sum(item.times for item in tally.sightings()) == 3 * MOST_LISTED
