"""Spans found against spans marked."""

import pytest

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.evaluation.rows import Marked
from sluicegate.appliance.evaluation.span_match import SpanCounts, match_spans
from sluicegate.appliance.evaluation.span_types import PRESIDIO, read_types, type_of
from sluicegate.appliance.evaluation.vendors import names_rule

type Pairs = list[tuple[int, int]]


@pytest.mark.parametrize(
    ("marked", "found", "counts"),
    [
        pytest.param([(0, 5)], [(0, 5)], SpanCounts(1, 1, 1, 1), id="the same"),
        pytest.param([(0, 5)], [(1, 5)], SpanCounts(1, 1, 0, 1), id="one end differs"),
        pytest.param([(0, 5)], [(5, 9)], SpanCounts(1, 1, 0, 0), id="they only touch"),
        pytest.param([(0, 5)], [], SpanCounts(1, 0, 0, 0), id="missed"),
        pytest.param([], [(0, 5)], SpanCounts(0, 1, 0, 0), id="made up"),
        pytest.param([(0, 9)], [(0, 4), (5, 9)], SpanCounts(1, 2, 0, 1), id="one in two parts counts once"),
        pytest.param([(0, 4), (5, 9)], [(0, 9)], SpanCounts(2, 1, 0, 1), id="two in one count once"),
        pytest.param([(0, 4), (3, 9)], [(3, 9), (0, 4)], SpanCounts(2, 2, 2, 2), id="exact ones go first"),
        pytest.param([(0, 4)], [(0, 4), (0, 4)], SpanCounts(1, 1, 1, 1), id="found by two rules"),
    ],
)
def test_each_span_is_matched_once(marked: Pairs, found: Pairs, counts: SpanCounts) -> None:
    given, ours = ([Marked(*pair, "T") for pair in pairs] for pairs in (marked, found))
    assert match_spans(given, ours) == {"T": counts}


def test_types_are_counted_apart() -> None:
    found = match_spans([Marked(0, 4, "A")], [Marked(0, 4, "B")])
    assert found == {"A": SpanCounts(marked=1), "B": SpanCounts(found=1)}


def test_rates_of_counts() -> None:
    counts = SpanCounts(10, 8, 4, 6)
    assert (counts.precision(exact=True).value, counts.recall(exact=False).value) == (0.5, 0.6)
    assert counts.f1(exact=True) == pytest.approx(2 * 0.5 * 0.4 / 0.9)
    assert SpanCounts().f1(exact=True) == 0.0


def test_a_category_finds_its_type_and_what_is_below_it() -> None:
    assert type_of("pii.card", PRESIDIO) == "CREDIT_CARD"
    assert type_of("pii.card.visa", PRESIDIO) == "CREDIT_CARD"
    assert type_of("pii.card_code", PRESIDIO) is None


def test_a_table_of_types_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("types") / "types.toml"
    path.write_text('CARD = "pii.card"\nNUMBER = ["pii.iban", "pii.us_ssn"]\n')
    assert read_types(path) == {"CARD": ("pii.card",), "NUMBER": ("pii.iban", "pii.us_ssn")}
    path.write_text("CARD = 4\n")
    with pytest.raises(SettingError, match=r"types\.toml: CARD: expected a category"):
        read_types(path)


@pytest.mark.parametrize(
    ("theirs", "rule", "category", "same"),
    [
        ("aws", "aws_access_key", "secret.aws_access_key", True),
        ("aws-access-token", "aws_secret_key", "secret.aws_secret_key", True),
        ("gcp", "google_api_key", "secret.google_api_key", True),
        ("privatekey", "pem_private_key", "secret.private_key", True),
        ("aws", "jaws_token", "secret.jaws_token", False),
        ("slack", "github_token", "secret.github_token", False),
        ("", "github_token", "secret.github_token", False),
    ],
)
def test_a_rule_is_known_by_the_issuer_it_names(theirs: str, rule: str, category: str, same: bool) -> None:
    assert names_rule(theirs, rule, category) is same
