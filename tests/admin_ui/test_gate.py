"""Wall 8: without a session there is the sign-in, and nothing else."""

import http.client
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from sluicegate.admin_ui.app import admin_app
from sluicegate.admin_ui.auth import session
from tests.admin_ui import site as sites
from tests.admin_ui.site import EMAIL, PASSWORD, SESSION, Site, csrf, sign_in

_PAGES = [
    "/",
    "/decisions/list",
    "/decisions/detail?pk=exchange-0000",
    "/keys",
    "/keys/new",
    "/applications/list",
    "/bans",
    "/routes",
    "/logout",
    "/nothing",
    "/health",
    "/static",
    "/login/",
    "/_api/decisions/action",
    "/favicon.ico",
]


def _status_of(site: Site, path: str) -> int:
    """Ask for exactly this path: better clients tidy it up first."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", _PAGES)
def test_wall_8_a_page_without_a_session_leads_to_the_sign_in(site: Site, path: str) -> None:
    site.record(1)
    with site.client() as client:
        answer = client.get(path)
    # What is not even spelled like a path of ours is nothing.
    assert answer.status_code == (404 if path in ("/login/", "/_api/decisions/action") else 303)
    assert answer.headers.get("location", "/login").startswith("/login")
    assert "Support bot" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/keys/new", "/keys/revoke", "/bans/lift", "/logout", "/decisions/list"])
def test_wall_8_a_change_without_a_session_is_refused(site: Site, method: str, path: str) -> None:
    with site.client() as client:
        token = csrf(client)
        answer = client.request(method, path, data={"application": "x", "csrftoken": token})
    assert answer.status_code == 401
    assert site.run(site.control.list_keys()) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.lists(
        st.sampled_from(["static", "login", "keys", "..", ".", "", "%2e%2e", "%2f", ";", "\\", "new", "x"]),
        max_size=5,
    ).map("/".join)
)
def test_wall_8_no_spelling_of_a_path_gets_past(site: Site, path: str) -> None:
    status = _status_of(site, f"/{path}")
    assert status in (200, 303, 404)
    assert (status == 200) is (path == "login")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../keys",
        "/static/%2e%2e/keys",
        "/static//keys",
        "/%6beys",
        "/keys;x",
        "/static/..%2f..%2fapp.py",
    ],
)
def test_wall_8_static_files_are_only_static_files(site: Site, path: str) -> None:
    assert _status_of(site, path) == 404


def test_static_files_need_no_session(site: Site) -> None:
    with site.client() as client:
        assert client.get("/static/css/sluicegate.css").status_code == 200
        assert client.post("/static/css/sluicegate.css").status_code == 405
        assert client.get("/static/css/none.css").status_code == 404


def test_after_signing_in_one_is_where_one_wanted_to_be(site: Site) -> None:
    with site.client() as client:
        door = client.get("/decisions/list?action=block&application=a-b").headers["location"]
        answer = client.post(door, data={"email": EMAIL, "password": PASSWORD, "csrftoken": csrf(client)})
    assert answer.headers["location"] == "/decisions/list?action=block&application=a-b"


@pytest.mark.parametrize(
    "aim",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/x//evil.example:80@",
        "javascript:alert(1)",
        "keys",
        "/keys\r\nset-cookie: a=b",
        "/" + "x" * 600,
    ],
)
def test_signing_in_never_leads_elsewhere(site: Site, aim: str) -> None:
    with site.client() as client:
        answer = client.post(
            "/login",
            params={"next": aim},
            data={"email": EMAIL, "password": PASSWORD, "csrftoken": csrf(client)},
        )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/" or answer.headers["location"].startswith("/x//evil")
    assert httpx.URL(site.url).join(answer.headers["location"]).host == "127.0.0.1"


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong password"), ("nobody@example.org", PASSWORD)])
def test_a_refused_sign_in_does_not_say_which_was_wrong(site: Site, email: str, password: str) -> None:
    with site.client() as client:
        token = csrf(client)
        answer = client.post("/login", data={"email": email, "password": password, "csrftoken": token})
        assert answer.status_code == 401
        assert "do not belong together" in answer.text
        assert password not in answer.text
        assert "session" not in str(answer.headers.get("set-cookie", ""))
        assert client.get("/keys").status_code == 303


def test_a_typed_address_is_shown_as_text(site: Site) -> None:
    with site.client() as client:
        data = {"email": '"><script>alert(1)</script>', "password": "x", "csrftoken": csrf(client)}
        assert "<script>alert" not in client.post("/login", data=data).text


def test_sign_ins_are_counted(site_file: Path) -> None:
    with sites.running(site_file, sign_ins=3) as site, site.client() as client:
        data = {"email": EMAIL, "password": "wrong password", "csrftoken": csrf(client)}
        assert [client.post("/login", data=data).status_code for _ in range(3)] == [401] * 3
        data["password"] = PASSWORD
        refused = client.post("/login", data=data)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "Too many attempts" in refused.text
        assert client.get("/login").status_code == 200


def test_pages_are_counted_and_their_static_files_are_not(site_file: Path) -> None:
    with sites.running(site_file, rate=5) as site, site.client() as client:
        for _ in range(9):
            assert client.get("/static/css/sluicegate.css").status_code == 200
        assert [client.get("/login").status_code for _ in range(6)] == [200] * 5 + [429]


def _with_another_signature(cookie: str) -> str:
    """Change the first character of the signature: the last one also carries bits that say nothing."""
    signed, _, signature = cookie.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def test_a_forged_session_is_none(site: Site) -> None:
    with site.client() as client:
        real = sign_in(client)
    payload = real.partition(".")[0]
    forged = [
        payload,
        payload + ".x.y",
        TimestampSigner("guess").sign(payload).decode(),
        _with_another_signature(real),
        "",
        "null",
        "x" * 4000,
    ]
    for cookie in forged:
        with httpx.Client(base_url=site.url, cookies={SESSION: cookie}) as client:
            assert client.get("/keys").status_code == 303
    with httpx.Client(base_url=site.url, cookies={SESSION: real}) as client:
        assert client.get("/keys").status_code == 200


def test_a_session_ends_after_its_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.signed_in() as client:
        assert client.get("/keys").status_code == 200
        later = int(time.time()) + session.SECONDS + 1
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: later)
        assert client.get("/keys").status_code == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(site: Site, admin: httpx.Client) -> None:
    assert admin.get("/keys").status_code == 200
    site.run(site.control.ensure_admin(EMAIL, "a different password"))
    assert admin.get("/keys").status_code == 303


def test_signing_out_ends_every_session_of_the_person(site: Site, admin: httpx.Client) -> None:
    with site.signed_in() as elsewhere:
        assert admin.post("/logout", data={"csrftoken": csrf(admin, "/keys")}).status_code == 303
        assert elsewhere.get("/keys").status_code == 303
    assert admin.get("/keys").status_code == 303


def test_a_short_session_key_does_not_start(site: Site) -> None:
    async def nothing() -> None: ...

    with pytest.raises(ValueError, match="32 bytes"):
        admin_app(
            site.database,
            site.control,
            session_key=b"short",
            secure_cookies=False,
            counters=site.counters,
            on_change=nothing,
        )
