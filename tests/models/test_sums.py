"""Adding up weights, compiled and with numpy: both come to what the definition of the features says."""

import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.models import array_sums
from sluicegate.detection.models.array_sums import ArraySums
from sluicegate.detection.models.compiled_sums import LIBRARY, CompiledSums
from sluicegate.detection.models.hashing import BITS, HEADS, MOST_BYTES, MOST_FEATURES, STEP
from sluicegate.detection.models.ngrams import features, hashed
from sluicegate.detection.models.sums import Summing
from tests.house.tree import ROOT

WEIGHTS = random.Random(20).randbytes(HEADS << BITS)
BOTH: tuple[Summing, Summing] = (CompiledSums(WEIGHTS), ArraySums(WEIGHTS))
TEXTS = st.one_of(
    st.binary(max_size=1500),
    st.text("ab ,é", max_size=700).map(str.encode),
    st.tuples(st.sampled_from([b"x", b"x ", b" ", b"\xff", b"ab c"]), st.integers(0, 700)).map(
        lambda each: each[0] * each[1]
    ),
)


@given(TEXTS)
@settings(max_examples=300)
def test_both_add_up_alike(text: bytes) -> None:
    compiled, arrays = (each.sums(text) for each in BOTH)
    assert compiled == arrays


@pytest.mark.parametrize("length", [*range(2 * STEP - 6, 2 * STEP + 6), *range(7 * STEP - 4, 7 * STEP + 4)])
def test_windows_begin_alike(length: int) -> None:
    text = (b"the quick brown fox " * 80)[:length]
    compiled, arrays = (each.sums(text) for each in BOTH)
    assert compiled == arrays


@pytest.mark.parametrize("each", BOTH)
def test_no_more_is_read_than_is_said(each: Summing) -> None:
    text = b"round and round " * (MOST_BYTES // 16)
    assert each.sums(text + b"and more") == each.sums(text)


@pytest.mark.parametrize("each", BOTH)
def test_what_has_no_features_comes_to_nothing(each: Summing) -> None:
    assert each.sums(b"") == []
    assert each.sums(b" ") == []


@given(st.binary(max_size=2 * STEP - 2))
@settings(max_examples=100)
def test_a_short_text_is_one_window_of_all_its_features(text: bytes) -> None:
    buckets = [value * 0x85EBCA6B % 2**32 >> 32 - BITS for value in _hashes(b" %b " % text)]
    heads = [WEIGHTS[head << BITS : head + 1 << BITS] for head in range(HEADS)]
    sums = [sum((head[bucket] ^ 128) - 128 for bucket in buckets) for head in heads]
    expected = [(*sums, len(buckets))] if buckets else []
    assert BOTH[0].sums(text) == expected


def test_the_sum_of_a_window_fits_its_field() -> None:
    found = features(b"a b " * 5000)
    assert (found.ends - found.begins).sum(1).max() <= MOST_FEATURES
    assert MOST_FEATURES * 255 < 1 << array_sums._FIELD


@pytest.mark.parametrize("compiler", [None, "none-of-that-name"])
def test_a_wheel_holds_what_was_compiled(tmp_path: Path, compiler: str | None) -> None:
    before = LIBRARY.read_bytes()
    environment = os.environ if compiler is None else {**os.environ, "CC": compiler}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    compiled = compiler is None
    assert ("sluicegate/detection/models/scorer.so" in names) is compiled
    assert wheel.stem.endswith("-any") is not compiled
    assert LIBRARY.read_bytes() == before


def test_this_checkout_was_compiled() -> None:
    assert shutil.which("cc"), "the suite tries both ways, which takes a C compiler"
    assert LIBRARY.stat().st_mtime >= LIBRARY.with_suffix(".c").stat().st_mtime


@given(st.one_of(st.binary(max_size=1500), st.text("ab ,é", max_size=700).map(str.encode)), st.integers(0, 1))
@settings(max_examples=150)
def test_features_are_hashes_of_runs_of_bytes_and_words(text: bytes, long: int) -> None:
    # Texts are hashed in one of two ways, by their length.
    text += b" and more" * (150 * long)
    found = hashed(text).buckets.tolist()
    assert found == [value * 0x85EBCA6B % 2**32 >> 32 - BITS for value in _hashes(b" %b " % text)]


def _hashes(text: bytes) -> list[int]:
    """Return the hashes of a text, one by one."""
    salts = [0x2545F491, 0x1B873593, 0xCC9E2D51, 0x6C078965, 0x5BD1E995]
    words = [_polynomial(word[::-1]) * salts[2] % 2**32 for word in re.findall(rb"[0-9a-z\x80-\xff]+", text)]
    words = [word ^ word >> 15 for word in words]
    pairs = [one * salts[3] + two for one, two in pairwise(words)]
    threes = [pair * salts[3] + last for pair, last in zip(pairs, words[2:], strict=False)]
    around = [one * salts[3] * salts[4] + last for one, last in zip(words, words[2:], strict=False)]
    runs = [
        _polynomial(text[first : first + length]) + salt
        for length, salt in ((4, 0), (6, salts[0]), (9, salts[1]))
        for first in range(len(text) - length + 1)
    ]
    return [value % 2**32 for value in (*runs, *words, *pairs, *threes, *around)]


def _polynomial(codes: bytes) -> int:
    total = 0
    for code in codes:
        total = (total * 0x9E3779B1 + code) % 2**32
    return total
