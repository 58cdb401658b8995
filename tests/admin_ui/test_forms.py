"""Changes need a form of ours, a bounded body, and a right to what they change."""

import httpx
import pytest

from tests.admin_ui.site import EMAIL, OTHER_EMAIL, PASSWORD, Site, csrf

_CHANGES = ["/keys/new", "/keys/revoke", "/bans/lift", "/logout"]


@pytest.mark.parametrize("path", _CHANGES)
@pytest.mark.parametrize("token", [None, "", "x", "IjEi.x"])
def test_a_form_without_its_token_changes_nothing(
    site: Site, admin: httpx.Client, path: str, token: str | None
) -> None:
    made = site.run(site.control.create_key("bot"))
    ban = site.run(site.control.add_ban("ip", "203.0.113.7"))
    csrf(admin, "/keys/new")
    data = {"application": "new", "key": made.key_id, "ban": ban.ban_id}
    answer = admin.post(path, data=data if token is None else {**data, "csrftoken": token})
    assert answer.status_code == 403
    assert [row.live for row in site.run(site.control.list_keys())] == [True]
    assert len(site.run(site.control.list_bans())) == 1
    assert admin.get("/keys").status_code == 200


def test_a_token_of_another_browser_is_no_token(site: Site, admin: httpx.Client) -> None:
    with site.client() as stranger:
        theirs = csrf(stranger)
    csrf(admin, "/keys/new")
    assert admin.post("/keys/new", data={"application": "x", "csrftoken": theirs}).status_code == 403


def test_signing_in_needs_the_token_too(site: Site) -> None:
    with site.client() as client:
        assert client.post("/login", data={"email": EMAIL, "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_form_on_another_site_is_refused_whatever_it_carries(
    site: Site, admin: httpx.Client, origin: str
) -> None:
    data = {"application": "x", "csrftoken": csrf(admin, "/keys/new")}
    answer = admin.post("/keys/new", data=data, headers={"sec-fetch-site": origin})
    assert answer.status_code == 403
    assert site.run(site.control.list_keys()) == []
    assert admin.post("/keys/new", data=data, headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_a_body_is_bounded(site: Site) -> None:
    with site.client() as client:
        token = csrf(client)
        answer = client.post("/login", data={"email": "x" * 70_000, "password": "y", "csrftoken": token})
        assert answer.status_code == 413

        def endless() -> object:
            for _ in range(200):
                yield b"x" * 1024

        assert client.post("/login", content=endless()).status_code == 413  # type: ignore[arg-type]  # a generator
        assert client.get("/login").status_code == 200


def test_the_secret_is_in_one_answer_only(site: Site, admin: httpx.Client) -> None:
    made = admin.post("/keys/new", data={"application": "Billing", "csrftoken": csrf(admin, "/keys/new")})
    secret = made.text.partition('<code id="secret">')[2].partition("<")[0]
    assert secret.startswith("sk-xxai-")
    assert made.headers["cache-control"] == "no-store"
    assert secret not in str(made.headers)
    principal = site.directory.find(secret)
    assert principal is not None
    assert principal.application == "Billing"
    for path in ("/keys", "/keys/new", "/applications/list", "/decisions/list"):
        assert secret not in admin.get(path).text


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb"])
def test_a_name_that_is_none_is_explained(site: Site, admin: httpx.Client, name: str) -> None:
    data = {"application": name, "csrftoken": csrf(admin, "/keys/new")}
    answer = admin.post("/keys/new", data=data)
    assert answer.status_code == 422
    assert "1 to 100 printable characters" in answer.text
    assert site.run(site.control.list_keys()) == []


def test_a_name_is_shown_as_text(admin: httpx.Client) -> None:
    data = {"application": "<script>alert(1)</script>", "csrftoken": csrf(admin, "/keys/new")}
    assert "<script>alert" not in admin.post("/keys/new", data=data).text
    for path in ("/keys", "/keys/new", "/applications/list", "/decisions/list"):
        assert "<script>alert" not in admin.get(path).text


def test_revoking_what_is_not_there_is_said(admin: httpx.Client) -> None:
    answer = admin.post(
        "/keys/revoke",
        data={"key": "no-such-key", "csrftoken": csrf(admin, "/keys/new")},
        follow_redirects=True,
    )
    assert "There is no key with this id." in answer.text


def test_wall_7_a_tenant_sees_and_changes_only_its_own(site: Site, admin: httpx.Client) -> None:
    site.record(3, "Ours")
    made = site.run(site.control.create_key("Ours"))
    ban = site.run(site.control.add_ban("ip", "203.0.113.7", "our ban"))
    with site.signed_in(OTHER_EMAIL) as other:
        for path in ("/decisions/list", "/keys", "/keys/new", "/applications/list", "/bans"):
            page = other.get(path)
            assert page.status_code == 200
            assert "Ours" not in page.text
            assert "our ban" not in page.text
            assert made.key_id not in page.text
        assert other.get("/decisions/detail", params={"pk": "exchange-0000"}).status_code == 404
        assert other.get("/decisions/list", params={"exchange": "exchange-0000"}).text.count("<tr>") == 0
        token = csrf(other, "/keys/new")
        other.post("/keys/revoke", data={"key": made.key_id, "csrftoken": token})
        other.post("/bans/lift", data={"ban": ban.ban_id, "csrftoken": token})
    assert admin.get("/decisions/detail", params={"pk": "exchange-0000"}).status_code == 200
    assert all(row.live for row in site.run(site.control.list_keys()))
    assert len(site.run(site.control.list_bans())) == 1


@pytest.mark.parametrize("view", ["decisions", "applications"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/{}/create"),
        ("POST", "/{}/create"),
        ("GET", "/{}/edit?pk=1"),
        ("POST", "/{}/edit?pk=1"),
        ("GET", "/_api/{}/action?name=delete&pks=1"),
        ("POST", "/_api/{}/action?name=delete&pks=1"),
        ("POST", "/_api/{}/action?name=export&all=1"),
        ("POST", "/_api/{}/row-action?name=delete&pk=1"),
        ("POST", "/_api/{}/import"),
        ("POST", "/_api/{}/inline-edit?pk=1&field=id"),
        ("GET", "/_api/{}/relation-lookup?field=id"),
    ],
)
def test_the_record_is_read_only(site: Site, admin: httpx.Client, view: str, method: str, path: str) -> None:
    site.record(1)
    before = [
        admin.get("/decisions/list").text.count("exchange-"),
        len(site.run(site.control.list_applications())),
    ]
    token = csrf(admin, "/keys/new")
    answer = admin.request(method, path.format(view), data={"csrftoken": token} if method == "POST" else None)
    assert answer.status_code in (400, 403, 404, 405)
    assert before == [
        admin.get("/decisions/list").text.count("exchange-"),
        len(site.run(site.control.list_applications())),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-5",
        "page=999999",
        "page=x",
        "page_size=7",
        "page_size=-1",
        "sort=id__asc",
        "sort=nothing__up",
        "q=x",
        "filter=id__eq=1",
        "filter=((((",
        "action=nothing",
        "application=%00",
        "exchange=%F0%9F%A6%AB",
        "action=block&action=pass",
    ],
)
def test_a_strange_address_is_answered(site: Site, admin: httpx.Client, query: str) -> None:
    site.record(3)
    assert admin.get(f"/decisions/list?{query}").status_code in (200, 400)


@pytest.mark.parametrize("pk", ["", "nothing", "1", "%00", "x" * 5000, "' OR 1=1 --"])
def test_a_decision_that_is_not_there_is_said(site: Site, admin: httpx.Client, pk: str) -> None:
    site.record(3)
    answer = admin.get(f"/decisions/detail?pk={pk}")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
