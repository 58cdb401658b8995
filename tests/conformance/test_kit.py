"""Every SDK, in a process of its own, through a gateway, to a fake of its provider."""

import pytest

from tests.conformance import page
from tests.conformance.environments import need
from tests.conformance.kit import put_through
from tests.conformance.sdks import SDKS, Sdk
from tests.conformance.verdict import all_faults

SMOKE = ("openai", "ollama", "boto3")
"""Formats that differ most, and packages that are quick to load: for the short suite."""


@pytest.mark.slow
@pytest.mark.parametrize("sdk", [sdk for sdk in SDKS if sdk.name in SMOKE], ids=lambda sdk: sdk.name)
def test_an_sdk_is_put_through(sdk: Sdk) -> None:
    _, cells = put_through(sdk)
    assert all_faults(sdk, cells) == {}


@pytest.mark.long
@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_every_sdk_sees_what_the_page_says(sdk: Sdk) -> None:
    need(sdk)
    version, cells = put_through(sdk)
    assert all_faults(sdk, cells) == {}
    for line, table in zip(page.row(sdk.name, version, cells), page.kept(), strict=True):
        assert line in table.splitlines(), "make conformance writes the page anew"
