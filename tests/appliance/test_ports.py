"""Ports are taken all or none, at once, and a fault names the setting."""

import socket

import pytest

from sluicegate.appliance import ports as ports_module
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.ports import taken_ports
from sluicegate.appliance.settings import Settings

FREE = Settings(admin_port=0, detection_port=0, proxy_port=0)


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_taken_ports_are_held_against_others_until_the_end() -> None:
    with taken_ports(FREE) as ports:
        numbers = [ports.admin.port, ports.detection.port, ports.proxy.port]
        assert len(set(numbers)) == 3
        for number in numbers:
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="in use"):
                    other.bind(("127.0.0.1", number))
    assert not any(map(_connects, numbers))


@pytest.mark.parametrize("name", ["admin_port", "detection_port", "proxy_port"])
def test_a_port_in_use_names_its_setting_and_gives_the_others_back(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports_module, "PATIENCE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        settings = Settings(**{"admin_port": 0, "detection_port": 0, "proxy_port": 0, name: number})
        with pytest.raises(ApplianceError, match=rf"port {number} is in use.*SLUICEGATE_{name.upper()}"):
            taken_ports(settings).__enter__()


def test_an_ipv6_host_is_listened_on() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with taken_ports(Settings(host="::1", admin_port=0, detection_port=0, proxy_port=0)) as ports:
        assert ports.proxy.socket.getsockname()[0] == "::1"


def test_a_name_nobody_knows_is_refused() -> None:
    with pytest.raises(ApplianceError, match=r"host: none\.invalid is no address of this machine"):
        taken_ports(Settings(host="none.invalid")).__enter__()


def test_a_port_that_is_let_go_in_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports_module, "PATIENCE_SECONDS", 60.0)
    taken = socket.create_server(("127.0.0.1", 0))
    number = taken.getsockname()[1]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        taken.close()

    monkeypatch.setattr(ports_module, "sleep", sleep)
    with taken_ports(Settings(admin_port=0, detection_port=0, proxy_port=number)) as ports:
        assert ports.proxy.port == number
    assert len(waits) == 1
