"""Wall 4: what a stream costs grows with the stream, and what one payload may hold is bounded."""

import json

import pytest

from sluicegate.detection import channels
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.errors import BadInput
from sluicegate.detection.framing import sse
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.ruleset import Hits, Ruleset
from tests.detection.support import ALICE, INSPECTOR, begin, chat, run, text_stream

PIECE = "Some words that nobody minds, \u00fcber und \u200b\uff21ber. "
"""Plain words, and letters that only a view reads."""


@pytest.mark.parametrize("piece", [PIECE, "x" * 40, "4111 1111 ", "a@"])
def test_wall_4_a_long_stream_scans_each_character_a_bounded_number_of_times(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned = [0]
    hits = Ruleset.hits

    def counted(self: Ruleset, encoded: Encoded) -> Hits:
        scanned[0] += len(encoded.text)
        return hits(self, encoded)

    monkeypatch.setattr(Ruleset, "hits", counted)

    def spent(count: int) -> int:
        scanned[0] = 0
        inspection, _ = begin(chat("hello"))
        run(inspection, [text_stream([piece] * count)])
        return scanned[0]

    once, twice = spent(400), spent(800)
    assert twice <= 2.2 * once


def test_wall_4_an_events_end_is_sought_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = [0]
    end = sse._END

    class Counted:
        def search(self, data: bytes, start: int) -> object:
            looked[0] += len(data) - start
            return end.search(data, start)

    monkeypatch.setattr(sse, "_END", Counted())
    parser = sse.SseParser()
    for _ in range(2000):
        assert parser.feed(b"data: 0123456789") == []
    assert looked[0] <= 2000 * 20


def test_wall_4_the_number_of_texts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST_TEXTS", 50)
    fits = json.dumps(chat("hi", metadata={f"k{index}": "v" for index in range(20)})).encode()
    assert INSPECTOR.open("openai_chat", BALANCED, ALICE).request(fits).body == fits
    many = json.dumps(chat("hi", metadata={f"k{index}": "v" for index in range(60)})).encode()
    with pytest.raises(BadInput) as caught:
        INSPECTOR.open("openai_chat", BALANCED, ALICE).request(many)
    assert caught.value.code == "too_many_values"
