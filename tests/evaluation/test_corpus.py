"""The training corpus: what its generator promises."""

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from scripts.training.corpus.carriers import PAYLOAD, PLACES, Carrier, carriers, carry
from scripts.training.corpus.encodings import encode
from scripts.training.corpus.generate import Plan, Row, candidates, kept
from scripts.training.corpus.overlap import Overlap, normal
from scripts.training.corpus.seeds import ATTACK, BENIGN, BadSeed, fill, seeds

ATTACK_SEEDS = 2_600
LANGUAGES = frozenset("ar de en es fr hi hi-Latn id it ja ko nl pl pt ru th tr uk vi zh".split())
_FEW = Plan(direct=1, carried=1, bare=1, benign_carried=1)


@cache
def _rows() -> tuple[Row, ...]:
    return tuple(kept(candidates(_FEW)))


def test_two_runs_agree() -> None:
    assert tuple(kept(candidates(_FEW))) == _rows()


def test_nothing_is_said_twice() -> None:
    assert max(Counter(normal(row.text) for row in _rows()).values()) == 1


def test_no_seed_stands_twice() -> None:
    counts = Counter(normal(seed.text) for label in (ATTACK, BENIGN) for seed in seeds(label))
    assert [text for text, times in counts.items() if times > 1] == []


def test_there_are_enough_attack_seeds() -> None:
    assert len(seeds(ATTACK)) >= ATTACK_SEEDS


def test_both_labels_speak_many_languages() -> None:
    for label in (ATTACK, BENIGN):
        assert {seed.lang for seed in seeds(label)} >= LANGUAGES


def test_no_mark_is_left() -> None:
    mark = re.compile(re.escape(PAYLOAD) + r"|\[\[\w+\||\{goal")
    assert [row.seed for row in _rows() if mark.search(row.text)] == []


def test_every_carrier_has_both_labels() -> None:
    labels = defaultdict(set)
    for row in _rows():
        labels[row.carrier].add(row.label)
    assert set(labels) == {carrier.name for carrier in carriers()} | {"none"}
    assert {name for name, found in labels.items() if found != {ATTACK, BENIGN}} == set()


def test_a_task_is_an_attack_only_inside_data() -> None:
    found = {(row.carrier == "none", row.label) for row in _rows() if row.technique == "task_hijack"}
    assert found == {(True, BENIGN), (False, ATTACK)}


@pytest.mark.parametrize("place", sorted(set(PLACES)))
def test_a_json_carrier_stays_json(place: str) -> None:
    carrier = Carrier("json_x", "en", 1, '{"a": "{{PAYLOAD}}"}')
    said = 'quote " and\nline \\'
    assert json.loads(carry(carrier, said, place, random.Random(1))) == {"a": said}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("start", "HERE\n\nOne.\nTwo  end."),
        ("middle", "One.\nHERE\nTwo  end."),
        ("slot", "One.\nTwo HERE end."),
        ("end", "One.\nTwo  end.\n\nHERE"),
    ],
)
def test_a_payload_goes_where_it_is_told(place: str, expected: str) -> None:
    made = carry(Carrier("email", "en", 1, "One.\nTwo {{PAYLOAD}} end."), "HERE", place, random.Random(1))
    assert made.replace("  ", " ") == expected.replace("  ", " ")


def test_braces_slots_and_encodings() -> None:
    rng = random.Random(1)
    assert fill('{{"a": 1}}', "en", rng) == '{"a": 1}'
    assert encode("do [[base64|a b]] and [[reverse|abc]]") == "do YSBi and cba"
    with pytest.raises(BadSeed, match="no slot file"):
        fill("{no_such_slot}", "en", rng)
    with pytest.raises(KeyError):
        encode("[[rot99|a]]")


def test_what_a_measuring_file_says_is_left_out(tmp_path: Path) -> None:
    rows = _rows()
    with gzip.open(tmp_path / "measure.jsonl.gz", "wt") as file:
        file.write(json.dumps({"text": rows[0].text}) + "\n")
    left = list(kept(rows, Overlap([tmp_path])))
    assert rows[0] not in left
    assert len(left) > len(rows) * 0.9
    assert list(kept(rows, Overlap([tmp_path / "missing"]))) == list(rows)
