"""What goes out with every answer: nothing may be framed, cached, sniffed or fetched elsewhere."""

from pathlib import Path

import httpx
import pytest

from tests.admin_ui import site as sites
from tests.admin_ui.site import EMAIL, PASSWORD, Site, csrf


@pytest.mark.parametrize("path", ["/login", "/keys", "/nothing/list", "/static/css/sluicegate.css", "/a//b"])
def test_every_answer_is_kept_to_itself(admin: httpx.Client, path: str) -> None:
    headers = admin.get(path).headers
    directives = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert set(directives.values()) == {"'none'", "'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("public, max-age=3600" if "/static/" in path else "no-store")


def test_pages_hold_no_inline_script_or_style(site: Site, admin: httpx.Client) -> None:
    site.record(9)
    paths = [
        "/keys",
        "/keys/new",
        "/decisions/list",
        "/decisions/detail?pk=exchange-0000",
        "/bans",
        "/routes",
        "/x/list",
    ]
    for path in paths:
        page = admin.get(path).text
        for part in page.split("<")[1:]:
            assert not part.startswith("style")
            assert " style=" not in part.partition(">")[0]
            assert " on" not in part.partition(">")[0].lower().replace(" one", "")
            assert not part.startswith("script") or 'src="/static/' in part


def test_cookies_are_for_us_alone(site: Site) -> None:
    with site.client() as client:
        answers = [client.get("/login")]
        data = {"email": EMAIL, "password": PASSWORD, "csrftoken": csrf(client)}
        answers.append(client.post("/login", data=data))
    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert {"starlette_admin_csrftoken", "sluicegate_session"} <= {c.partition("=")[0] for c in cookies}
    for cookie in cookies:
        assert "; HttpOnly" in cookie
        assert "; SameSite=Strict" in cookie
        assert "secure" not in cookie.lower()
        assert cookie.lower().count("samesite") == 1


def _cookie(answer: httpx.Response, name: str) -> str:
    (found,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{name}=")]
    return found


def test_over_tls_cookies_never_travel_without_it(site_file: Path) -> None:
    with sites.running(site_file, secure=True) as site, site.client() as client:
        page = client.get("/login")
        token = page.text.partition('name="csrftoken" value="')[2].partition('"')[0]
        form = _cookie(page, "starlette_admin_csrftoken")
        answer = client.post(
            "/login",
            data={"email": EMAIL, "password": PASSWORD, "csrftoken": token},
            headers={"cookie": form.partition(";")[0]},
        )
        session = _cookie(answer, "__Host-sluicegate")
        for cookie in (form, session):
            assert "; Secure" in cookie
        assert "domain" not in session.lower()
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_wall_6_signing_in_is_not_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="starlette_admin")
    site_loggers = ("starlette_admin", "starlette_admin.base")
    with site.client() as client:
        client.post(
            "/login", data={"email": EMAIL, "password": "a wrong password", "csrftoken": csrf(client)}
        )
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(site_loggers))
    assert EMAIL not in said
    assert "a wrong password" not in said
