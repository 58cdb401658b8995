"""Wall 1, at length: one corpus of exchanges, the same verdict, edits, bytes and record on every face."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sluicegate.library import default
from sluicegate.library.local import Library
from sluicegate.library.settings import Settings
from tests.walls.every_face import FACES, Seen, gateway, inspect
from tests.walls.exchanges import Exchange, exchanges
from tests.walls.formats import FORMATS
from tests.walls.proxy_faces import own_mitmproxy, transparent
from tests.walls.remote_faces import RemoteFaces, remote_faces

EXCHANGES = tuple(exchanges())
NAMED_IN_ADDRESS = ("gemini", "bedrock")
"""Whose requests name the model in their address, which the detection API is not told."""


@pytest.fixture(autouse=True, scope="module")
def the_gateways_key() -> Iterator[None]:
    """Give the library of this process the key of the tests' gateway, so that placeholders are the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default._Process, "library", Library(Settings(key=b"k" * 32, cache=False)))
        yield


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteFaces]:
    """Faces that have their policy from an appliance."""
    with remote_faces(tmp_path_factory.mktemp("remote")) as faces:
        yield faces


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
async def test_wall_1_all_faces_come_to_what_the_gateway_comes_to(form: str, remote: RemoteFaces) -> None:
    faces = {
        **FACES,
        "transparent proxy": transparent,
        "middleware, policy from afar": remote.judged_here,
        "middleware, judged from afar": remote.judged_there,
    }
    for exchange in EXCHANGES:
        if not exchange.name.startswith(f"{form}: "):
            continue
        expected = await gateway(exchange)
        for name, face in faces.items():
            _compare(exchange, name, expected, await face(exchange))
        _compare_addon(exchange, expected, await own_mitmproxy(exchange))


def _compare(exchange: Exchange, face: str, expected: Seen, seen: Seen) -> None:
    where = f"{exchange.name} through {face}"
    assert seen.forwarded == expected.forwarded, where
    assert seen.core == expected.core, where
    assert (seen.status, seen.kind, seen.outcome) == (expected.status, expected.kind, expected.outcome), where
    assert seen.answer == expected.answer, where


def _compare_addon(exchange: Exchange, expected: Seen, seen: Seen) -> None:
    """The addon for somebody's own mitmproxy keeps no record: its exchange has what was judged."""
    _compare(exchange, "the addon", replace(expected, core=None, outcome=""), replace(seen, core=None))
    if seen.core is not None and expected.core is not None:
        assert seen.core.prompt == expected.core.prompt, exchange.name
        if expected.outcome != "upstream_error":  # what nobody could read is noted beside it
            assert seen.core.answer in (None, expected.core.answer), exchange.name


@pytest.mark.parametrize("form", [form.name for form in FORMATS if form.provider not in NAMED_IN_ADDRESS])
async def test_wall_1_the_detection_api_judges_requests_as_the_gateway_does(form: str) -> None:
    for exchange in EXCHANGES:
        if exchange.streamed or not exchange.name.startswith(f"{form}: "):
            continue
        expected, seen = await gateway(exchange), await inspect(exchange)
        assert seen.forwarded == expected.forwarded, exchange.name
        assert (seen.core is None) == (expected.core is None), exchange.name
        if seen.core is not None and expected.core is not None:
            assert seen.core.prompt == expected.core.prompt, exchange.name
            assert seen.core.dialect == expected.core.dialect, exchange.name


def test_wall_1_the_corpus_is_large_and_holds_all_kinds() -> None:
    assert len(EXCHANGES) >= 300
    assert len({exchange.name for exchange in EXCHANGES}) == len(EXCHANGES)
    assert len({exchange.dialect for exchange in EXCHANGES}) >= 9
    assert sum(exchange.streamed for exchange in EXCHANGES) >= 150
