"""Rules that every test run keeps."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support.compiled_rules import keep_compiled

_CI = os.environ.get("CI") == "true"
_OURS = ("SLUICEGATE_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_")
_skipped: list[str] = []

# A slow machine must not fail a property: examples are bounded by number, never by time.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure() -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    keep_compiled()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember what was skipped before it could run."""
    if report.skipped:
        _skipped.append(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that skipped something: what CI does not run, nobody runs."""
    if _CI and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so."""
    if _CI and _skipped:
        terminalreporter.section("CI allows no skip")
        terminalreporter.write_line("\n".join(sorted(set(_skipped))))
