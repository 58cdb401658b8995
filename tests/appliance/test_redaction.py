"""Credentials do not reach a log, by field name or by shape; ordinary words do."""

import pytest

from sluicegate.appliance.redaction import HIDDEN, redact_fields, redact_text

AWS = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("key sk-xxai-abcdefghijklmnopqrstuvwx end", f"key {HIDDEN} end"),
        ("Authorization: Bearer abcdefgh12345678", f"Authorization: {HIDDEN}"),
        ("postgresql://user:pass@db/name", f"postgresql://{HIDDEN}db/name"),
        (f"id {AWS}.", f"id {HIDDEN}."),
        ("ghp_abcdefghijklmnop1234", HIDDEN),
        ("sk_live_abcdefghijklmnop", HIDDEN),
        (f"token={JWT}", f"token={HIDDEN}"),
        ("-----BEGIN RSA PRIVATE KEY-----", HIDDEN),
        ("AIza" + "a" * 35, HIDDEN),
    ],
)
def test_known_shapes_are_hidden(text: str, left: str) -> None:
    assert redact_text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "audit_write_failed",
        "http://127.0.0.1:5002/v1",
        "the task-force met",
        "sk-short",
        "bearer of news",
        "2024-05-05T10:00:00 exchange done in 12 ms",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == text


def test_long_text_is_cut() -> None:
    assert len(redact_text("x" * 10_000)) < 5000


def test_many_near_misses_take_no_time_to_speak_of() -> None:
    """A pattern that is not linear would not come back from these."""
    for piece in ("://", "eyJaaaaaaaa.", "bearer ", "sk-", "-----BEGIN A"):
        redact_text(piece * 100_000)


@pytest.mark.parametrize(
    "name",
    ["authorization", "Proxy-Authorization", "cookie", "set-cookie", "api_key", "x-api-key", "api-key",
     "password", "admin_password", "client_secret", "database_url", "X-Sluicegate-Key", "key", "token",
     "session_key"],
)  # fmt: skip
def test_fields_that_hold_credentials_are_hidden(name: str) -> None:
    assert redact_fields({name: "v"}) == {name: HIDDEN}


@pytest.mark.parametrize("name", ["key_id", "request_id", "tenant_id", "monkey", "status"])
def test_fields_that_only_sound_like_it_stay(name: str) -> None:
    assert redact_fields({name: "v"}) == {name: "v"}


def test_nested_values_are_looked_into() -> None:
    fields = {"a": [{"password": "p"}, ("sk-" + "a" * 20,)], "b": b"bytes", "c": 1.5, "d": None}
    assert redact_fields(fields) == {
        "a": [{"password": HIDDEN}, [HIDDEN]],
        "b": "[5 bytes]",
        "c": 1.5,
        "d": None,
    }
