"""A running web admin and a real browser."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.admin_ui import site as sites
from tests.admin_ui.site import EMAIL, PASSWORD, Site

_CHROMIUM = Path("/usr/bin/chromium")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with administrators, to copy: hashing a password takes its time on purpose."""
    path = tmp_path_factory.mktemp("furnished") / "admin.sqlite3"
    # In a thread of its own: while a browser is open, this one has a running event loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(sites.furnish(path))).result()
    return path


@pytest.fixture
def site_file(furnished: Path, tmp_path: Path) -> Path:
    """A database of a test's own."""
    return Path(shutil.copy(furnished, tmp_path / "admin.sqlite3"))


@pytest.fixture
def site(site_file: Path) -> Iterator[Site]:
    """A fresh admin."""
    with sites.running(site_file) as running:
        yield running


@pytest.fixture
def admin(site: Site) -> Iterator[httpx.Client]:
    """A client that is signed in as the default tenant's administrator."""
    with site.signed_in() as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of tests; no asynchronous test can run while it is open."""
    if not _CHROMIUM.exists():
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIET))
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without memories."""
    made = browser.new_context(viewport={"width": 1360, "height": 850}, timezone_id="UTC", locale="en-GB")
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """A page in front of the admin; a script error on any page fails the test."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    opened.goto(site.url)
    yield opened
    assert errors == []


@pytest.fixture
def inside(page: Page) -> Page:
    """A page that is signed in."""
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/decisions/list")
    return page
