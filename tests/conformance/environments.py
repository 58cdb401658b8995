"""Whether what an SDK needs is on this machine: ``scripts/provide-conformance`` brings it."""

import shutil

import pytest

from tests.conformance.driving import ROOT
from tests.conformance.sdks import Sdk

MODULES = ROOT / "tests" / "conformance" / "javascript" / "node_modules"
_MISSING = "run scripts/provide-conformance first"


def need(sdk: Sdk) -> None:
    """Skip a test whose SDK is not here."""
    if sdk.where == "apart" and not (ROOT / ".venv-conformance" / ".made").is_file():
        pytest.skip(_MISSING)
    if sdk.where == "javascript":
        need_javascript()


def need_javascript() -> None:
    """Skip a test that wants packages of JavaScript where there are none."""
    if not MODULES.is_dir() or shutil.which("node") is None:
        pytest.skip(_MISSING)
