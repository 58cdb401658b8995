"""Kinds of setting: what each reads, and the near misses it refuses."""

from pathlib import Path
from typing import Any

import pytest

from sluicegate.admin_ui.store import keys, passwords
from sluicegate.appliance import values
from sluicegate.appliance.values import Kind, spell_rate, spell_size
from sluicegate.middleware.limits import Rate

LETTERS = values.choice("a", "b", "c")
SECONDS = values.number(0, 10)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (values.PORT, 0, 0),
        (values.PORT, 65535, 65535),
        (values.PORT, "5002", 5002),
        (values.BOOLEAN, True, True),
        (values.BOOLEAN, "false", False),
        (values.PATH, "var/x", Path("var/x")),
        (values.RATE, "off", "off"),
        (values.RATE, "5/second", Rate(5, 1)),
        (values.RATE, "100/minute", Rate(100, 60)),
        (values.RATE, "1000000/hour", Rate(1_000_000, 3600)),
        (values.SIZE, 1024, 1024),
        (values.SIZE, "1024", 1024),
        (values.SIZE, "4 MiB", 4 * 1024**2),
        (values.SIZE, "1GiB", 1024**3),
        (values.HOST, "0.0.0.0", "0.0.0.0"),  # noqa: S104 - text only
        (values.HOST, "::1", "::1"),
        (values.HOST, "gate.example.org", "gate.example.org"),
        (values.KEY, "x" * 24, "x" * 24),
        (values.EMAIL, "admin@localhost", "admin@localhost"),
        (values.PASSWORD, "correct horse", "correct horse"),
        (values.DATABASE_URL, "postgresql://u:p@h/n", "postgresql://u:p@h/n"),
        (values.DATABASE_URL, "sqlite:////tmp/x", "sqlite:////tmp/x"),
        (LETTERS, "b", "b"),
        (SECONDS, "2.5", 2.5),
        (SECONDS, 10, 10.0),
    ],
)
def test_accepted(kind: Kind[Any], raw: object, value: object) -> None:
    assert kind.read(raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (values.PORT, -1),
        (values.PORT, 65536),
        (values.PORT, "50 02"),
        (values.PORT, "٥"),
        (values.PORT, True),
        (values.PORT, 1.0),
        (values.BOOLEAN, 1),
        (values.BOOLEAN, "yes"),
        (values.BOOLEAN, "True"),
        (values.PATH, ""),
        (values.PATH, "a\0b"),
        (values.PATH, 3),
        (values.RATE, "100"),
        (values.RATE, "0/minute"),
        (values.RATE, "1000001/minute"),
        (values.RATE, "100/day"),
        (values.RATE, "100 / minute"),
        (values.RATE, 100),
        (values.RATE, "Off"),
        (values.SIZE, 1023),
        (values.SIZE, "1 MB"),
        (values.SIZE, "2 GiB"),
        (values.SIZE, True),
        (values.HOST, "http://h"),
        (values.HOST, "h:80"),
        (values.HOST, "[::1]"),
        (values.HOST, "-h"),
        (values.HOST, "a" * 254),
        (values.KEY, "x" * 23),
        (values.KEY, "x" * 23 + " "),
        (values.KEY, "x" * 23 + "é"),
        (values.EMAIL, "admin"),
        (values.EMAIL, "a b@c"),
        (values.PASSWORD, "seven77"),
        (values.DATABASE_URL, "mysql://h/n"),
        (values.DATABASE_URL, "sqlite://"),
        (LETTERS, "d"),
        (LETTERS, ["a"]),
        (SECONDS, "nan"),
        (SECONDS, float("nan")),
        (SECONDS, 10.5),
        (SECONDS, True),
    ],
)
def test_refused_with_what_was_expected_and_not_with_what_was_found(kind: Kind[Any], raw: object) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        kind.read(raw)
    assert str(caught.value) == kind.name


@pytest.mark.parametrize("text", ["off", "5/second", "100/minute", "7/hour"])
def test_a_rate_is_spelt_as_it_is_read(text: str) -> None:
    assert spell_rate(values.RATE.read(text)) == text


@pytest.mark.parametrize("text", ["1025 B", "4 KiB", "16 MiB", "1 GiB"])
def test_a_size_is_spelt_as_it_is_read(text: str) -> None:
    assert spell_size(values.SIZE.read(text)) == text


def test_bounds_agree_with_the_store() -> None:
    assert values.KEY.name.startswith(f"{keys.MIN_LENGTH} to {keys.MAX_LENGTH} ")
    assert values.KEY.read("k" * keys.MAX_LENGTH)
    assert values.PASSWORD.name == f"{passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters"
