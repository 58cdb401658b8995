"""What a person does, in a real Chromium."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.admin_ui.material import BLOCKED, MASKED, UNSEEN
from tests.admin_ui.site import EMAIL, PASSWORD, Site

pytestmark = pytest.mark.slow


def test_without_a_session_every_page_is_the_sign_in(page: Page, site: Site) -> None:
    expect(page).to_have_url(f"{site.url}/login")
    page.goto(f"{site.url}/keys")
    expect(page).to_have_url(f"{site.url}/login?next=%2Fkeys")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.url}/keys")


def test_a_wrong_password_stays_outside(page: Page, site: Site) -> None:
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail address")).to_have_value(EMAIL)
    expect(page.get_by_label("Password")).to_have_value("")
    page.goto(f"{site.url}/decisions/list")
    expect(page).to_have_url(re.compile("/login"))


def test_the_first_page_says_what_to_do_next(inside: Page) -> None:
    expect(inside.get_by_role("heading", name="Nothing has gone through yet")).to_be_visible()
    expect(inside.locator("#first-request")).to_contain_text("curl http://127.0.0.1:5002/v1/chat/completions")
    inside.get_by_role("link", name="Create a key").click()
    expect(inside).to_have_url(re.compile("/keys/new$"))


def test_a_decision_is_understood(inside: Page, site: Site) -> None:
    site.record(9)
    inside.reload()
    row = inside.locator("tbody tr").nth(BLOCKED)
    expect(row).to_contain_text("Blocked")
    expect(row).to_contain_text("Instruction override")
    expect(row).to_contain_text("Support bot")
    row.get_by_role("link").click()
    expect(inside.get_by_role("heading", level=1)).to_have_text("Blocked before it reached the model")
    expect(inside.locator(".because")).to_have_text("Prompt attack · Instruction override in a tool result")
    finding = inside.locator("table.findings tbody tr").first
    for said in (
        "Instruction override",
        "Prompt attack",
        "High",
        "97% sure",
        "A tool result",
        "/messages/3/content",
        "characters 210 to 268",
        "seen in base64",
        "ignore_previous_instructions",
        "prompt_attacks",
        "#c41d8e7f60b2",
        "Blocked",
    ):
        expect(finding).to_contain_text(said)
    expect(inside.locator("main")).to_contain_text("3 texts, 1,236 characters scanned")
    expect(inside.locator("main")).to_contain_text("the request never reached the model")
    facts = inside.locator(".facts")
    for said in ("exchange-0000", "balanced", "Patterns", "1.10 ms inspecting", "Refused", "10.0.3.7"):
        expect(facts).to_contain_text(said)


def test_what_was_not_scanned_is_said(inside: Page, site: Site) -> None:
    site.record(9)
    inside.goto(f"{site.url}/decisions/detail?pk=exchange-{UNSEEN:04d}")
    expect(inside.get_by_role("heading", level=1)).to_have_text(
        "Let through, though 1 part could not be scanned"
    )
    expect(inside.locator(".unjudged")).to_contain_text("/messages/1/content/1")
    expect(inside.locator(".unjudged")).to_contain_text("media")


def test_the_list_is_narrowed_by_action_and_application(inside: Page, site: Site) -> None:
    site.record(18)
    inside.goto(f"{site.url}/decisions/list")
    expect(inside.locator("tbody tr")).to_have_count(18)
    inside.get_by_role("link", name=re.compile("Blocked")).click()
    badges = inside.locator("tbody .badge")
    expect(badges).to_have_count(4)
    assert set(badges.all_inner_texts()) == {"Blocked"}
    inside.goto(f"{site.url}/decisions/list")
    inside.get_by_label("Application").select_option(label="Support bot")
    inside.wait_for_url("**application=*")
    expect(inside.locator("tbody tr")).to_have_count(18)
    inside.get_by_label("Exchange id").fill(f"exchange-{MASKED:04d}")
    inside.get_by_role("button", name="Show", exact=True).click()
    expect(inside.locator("tbody tr")).to_have_count(1)
    inside.get_by_label("Exchange id").fill("no such exchange")
    inside.get_by_role("button", name="Show", exact=True).click()
    expect(inside.get_by_role("heading", name="No decision fits")).to_be_visible()


def test_a_long_record_has_pages(inside: Page, site: Site) -> None:
    site.record(120)
    inside.goto(f"{site.url}/decisions/list")
    expect(inside.locator("tbody tr")).to_have_count(50)
    inside.get_by_role("link", name="Older").click()
    expect(inside.locator(".pages")).to_contain_text("51 to 100 of 120")
    inside.get_by_role("link", name="Older").click()
    expect(inside.locator("tbody tr")).to_have_count(20)
    expect(inside.get_by_role("link", name="Older")).to_have_count(0)


def test_a_key_is_made_used_and_revoked(inside: Page, site: Site, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    inside.goto(f"{site.url}/keys")
    inside.get_by_role("link", name="Create the first key").click()
    inside.get_by_label("Application").fill("Billing")
    with inside.expect_response(lambda response: response.request.method == "POST") as made:
        inside.get_by_role("button", name="Create the key").click()
    assert made.value.headers["cache-control"] == "no-store"
    secret = inside.locator("#secret").inner_text()
    inside.get_by_role("button", name="Copy the key").click()
    expect(inside.get_by_role("button", name="Copied")).to_be_visible()
    assert inside.evaluate("navigator.clipboard.readText()") == secret
    principal = site.directory.find(secret)
    assert principal is not None
    assert principal.application == "Billing"

    inside.get_by_role("link", name="Done").click()
    assert secret not in inside.content()
    expect(inside.locator("tbody tr")).to_contain_text(f"{secret[:12]}…")
    inside.get_by_label(re.compile("^Revoke the key")).click()
    expect(inside.get_by_text("This cannot be undone")).to_be_visible()
    inside.get_by_role("button", name="Revoke this key").click()
    expect(inside.get_by_role("status")).to_contain_text("was revoked")
    expect(inside.locator("tbody tr")).to_contain_text("Revoked")
    assert site.directory.find(secret) is None


def test_not_confirming_revokes_nothing(inside: Page, site: Site) -> None:
    made = site.run(site.control.create_key("Billing"))
    inside.goto(f"{site.url}/keys")
    inside.get_by_label(re.compile("^Revoke the key")).click()
    inside.keyboard.press("Escape")
    expect(inside.get_by_role("button", name="Revoke this key")).to_be_hidden()
    site.run(site.directory.load())
    assert site.directory.find(made.secret) is not None


def test_a_ban_is_lifted(inside: Page, site: Site) -> None:
    site.run(site.control.add_ban("ip", "203.0.113.7", "scraping"))
    site.run(site.directory.load())
    inside.get_by_role("link", name="Bans").click()
    expect(inside.locator("tbody tr")).to_contain_text("scraping")
    inside.get_by_label("Lift the ban on 203.0.113.7").click()
    inside.get_by_role("button", name="Lift this ban").click()
    expect(inside.get_by_role("heading", name="Nobody is banned")).to_be_visible()
    assert site.directory.bans.find("ip", "203.0.113.7") is None


def test_signing_out_ends_the_session(inside: Page, site: Site, context: BrowserContext) -> None:
    (stolen,) = [cookie for cookie in context.cookies() if "session" in cookie.get("name", "")]
    inside.get_by_role("button", name="Sign out").click()
    expect(inside).to_have_url(f"{site.url}/login")
    context.clear_cookies()
    context.add_cookies([{"name": stolen["name"], "value": stolen["value"], "url": site.url}])
    inside.goto(f"{site.url}/decisions/list")
    expect(inside).to_have_url(re.compile("/login"))


def test_wall_10_no_request_leaves_the_machine(inside: Page, site: Site) -> None:
    seen: list[str] = []

    def note(request: Request) -> None:
        seen.append(request.url)

    inside.on("request", note)
    site.record(9)
    site.run(site.control.add_ban("ip", "203.0.113.7"))
    pages = [
        "/decisions/list",
        "/keys",
        "/keys/new",
        "/applications/list",
        "/bans",
        "/routes",
        "/nothing/list",
    ]
    pages += [f"/decisions/detail?pk=exchange-{number:04d}" for number in range(9)]
    for path in pages:
        inside.goto(site.url + path, wait_until="networkidle")
    assert len(seen) > len(pages)
    assert {urlsplit(url).netloc for url in seen} == {urlsplit(site.url).netloc}


def test_a_page_works_without_scripts(browser: Browser, site: Site) -> None:
    site.record(1)
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(site.url)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{site.url}/keys")
    page.get_by_label(re.compile("^Revoke the key")).click()
    page.get_by_role("button", name="Revoke this key").click()
    expect(page.get_by_role("status")).to_contain_text("was revoked")
    plain.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_and_can_be_switched(
    browser: Browser, site: Site, scheme: str
) -> None:
    other = "light" if scheme == "dark" else "dark"
    themed = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = themed.new_page()
    page.goto(site.url)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", other)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", other)
    themed.close()
