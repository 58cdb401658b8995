"""Every shipped rule does what its examples say, and nothing near them."""

import random
import string
from collections.abc import Iterator

import pytest
import re2

from sluicegate.detection.encoded import Encoded
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.regular import parse, parse_class, width
from sluicegate.detection.rules import Rule, check, load_packs
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Level
from tests.detection.oracle import find
from tests.detection.prose import PROSE
from tests.detection.test_regular import made

RULES = load_packs()
DATA = tuple(rule for rule in RULES if rule.label)
ATTACKS = tuple(rule for rule in RULES if rule.category.startswith("prompt_attack."))
CASES = [
    pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in RULES for n, text in enumerate(rule.examples)
]
MISSES = [
    pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in RULES for n, text in enumerate(rule.near_misses)
]
OPEN_ENDED = {"private_key", "connection_string", "basic_auth_url"}
"""Data rules without a closing neighbour: they end in their own last line, or at a space or quote."""


def body(rule: Rule, text: str) -> tuple[int, int]:
    """The one match an example holds."""
    (span,) = find(rule, text)
    return span


@pytest.mark.parametrize(("rule", "text"), CASES)
def test_an_example_is_found_whole(rule: Rule, text: str) -> None:
    start, end = body(rule, text)
    assert end == len(text)
    assert start == 0 or rule.lead or rule.context


@pytest.mark.parametrize(("rule", "text"), MISSES)
def test_a_near_miss_is_left_alone(rule: Rule, text: str) -> None:
    assert find(rule, text) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_both_engines_take_the_rule(rule: Rule) -> None:
    check(rule)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.lead and not rule.context], ids=lambda rule: rule.id
)
def test_what_gives_a_rule_away_stands_in_every_match(rule: Rule) -> None:
    tree, dice, ruleset = parse(rule.pattern), random.Random(rule.id), Ruleset([Pattern(rule)])
    for text in [*rule.examples, *(made(tree, dice) for _ in range(150))]:
        cased = [text, text.upper(), text.lower()] if rule.caseless and text.isascii() else [text]
        for one in cased:
            assert ruleset.hits(Encoded(f"\n {one} ")).anchored, one


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.lead and rule.anchor], ids=lambda rule: rule.id
)
def test_the_anchor_of_a_lead_stands_in_every_lead_and_hides_no_match(rule: Rule) -> None:
    tree, dice, pattern = parse(rule.lead), random.Random(rule.id), Pattern(rule)
    ruleset = Ruleset([pattern])
    for lead in [made(tree, dice) for _ in range(60)]:
        assert ruleset.hits(Encoded(f"\n{lead}")).nearby, lead
    for _ in range(8):
        fillers = [dice.choice(["", " ", "\n", "é", "密" * 20, made(tree, dice), "x" * 70]) for _ in range(4)]
        encoded = Encoded("\n" + "".join(filler + dice.choice(rule.examples) for filler in fillers))
        found = ruleset.matches(encoded, 1, ruleset.hits(encoded))
        assert found == list(pattern.find(encoded, 1)), encoded.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_engine_finds_what_the_oracle_finds(rule: Rule) -> None:
    ruleset = Ruleset([Pattern(rule)])
    for text in (*rule.examples, *rule.near_misses):
        encoded = Encoded("\n" + text)
        found = ruleset.matches(encoded, 1, ruleset.hits(encoded))
        assert [(match.start - 1, match.end - 1) for match in found] == find(rule, text)


def test_all_rules_together_find_what_each_finds_alone() -> None:
    ruleset = Ruleset([Pattern(rule) for rule in RULES])
    for rule in RULES:
        for text in rule.examples:
            encoded = Encoded("\n" + text)
            found = ruleset.matches(encoded, 1, ruleset.hits(encoded))
            assert rule.id in {match.rule.id for match in found}, text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_match_is_longer_than_the_bound(rule: Rule) -> None:
    tree, dice = parse(rule.pattern), random.Random(rule.id)
    options = re2.Options()
    options.longest_match = True
    pattern = re2.compile(rule.pattern, options)
    most = width(tree)[1]
    assert rule.max_length == most if most is not None else rule.max_length >= 1024
    for _ in range(10):
        text = made(tree, dice)
        assert pattern.fullmatch(text), text
        assert most is None or len(text) <= most
    if most is not None:
        assert len(made(tree, dice, longest=True)) == most


@pytest.mark.parametrize("rule", DATA, ids=lambda rule: rule.id)
def test_data_is_closed_by_its_neighbours(rule: Rule) -> None:
    assert rule.after or rule.id in OPEN_ENDED
    assert rule.before or rule.lead or rule.id == "private_key"
    for text in rule.examples:
        start, end = body(rule, text)
        for glued in sampled(rule.before):
            assert (start + 1, end + 1) not in find(rule, text[:start] + glued + text[start:])
        for glued in sampled(rule.after):
            assert (start, end) not in find(rule, text + glued)


@pytest.mark.parametrize("rule", DATA, ids=lambda rule: rule.id)
def test_data_is_found_between_quotes_brackets_and_words(rule: Rule) -> None:
    for text in rule.examples:
        start, end = body(rule, text)
        for before, after in (
            ("", " and"),
            ('"', '"'),
            ("\n", "\n"),
            ("(", ")"),
            (": ", ", then"),
            ("é", "é"),
        ):
            if rule.after.startswith("^"):  # ends at the sign that closes its quotation
                assert (start, end) in find(rule, text + rule.after[1] + after)
            elif rule.lead or rule.context:
                assert (start, end) in find(rule, text + after)
            else:
                assert (start + len(before), end + len(before)) in find(rule, before + text + after)


def sampled(inside: str) -> Iterator[str]:
    """Yield a few ASCII members of a character class."""
    if inside:
        chars = parse_class(inside)
        yield from (char for char in "aZ0_-." if char in chars)


@pytest.mark.parametrize(
    "rule", [rule for rule in DATA if not rule.lead and rule.level is Level.HIGH], ids=lambda rule: rule.id
)
def test_a_token_cut_short_is_no_token(rule: Rule) -> None:
    least, most = width(parse(rule.pattern))
    shortest = min(rule.examples, key=len)
    start, end = body(rule, shortest)
    if least == most == end - start:
        assert find(rule, shortest[:-1]) == []
        assert find(rule, shortest[:start] + shortest[start + 1 :]) == []


@pytest.mark.parametrize("rule", ATTACKS, ids=lambda rule: rule.id)
def test_attacks_are_looked_for_in_prompts_only_and_in_any_case(rule: Rule) -> None:
    assert rule.directions == (Direction.PROMPT,)
    assert rule.category.count(".") == 1
    if rule.caseless:
        for text in rule.examples:
            assert find(rule, text.upper()) or not text.isascii(), text


def test_ordinary_prose_fires_nothing_and_wakes_few_rules() -> None:
    ruleset = Ruleset([Pattern(rule) for rule in RULES])
    paragraphs = [Encoded("\n" + paragraph) for paragraph in PROSE.split("\n\n")]
    woken = [ruleset.hits(paragraph) for paragraph in paragraphs]
    for paragraph, hits in zip(paragraphs, woken, strict=True):
        assert ruleset.matches(paragraph, 1, hits) == []
    assert sum(len(hits.anchored) for hits in woken) / len(paragraphs) < len(RULES) / 10


@pytest.mark.parametrize(
    "text",
    [
        "Please set max_tokens: 4096 and temperature: 0.7 for the summary job.",
        'password = getpass.getpass("Password: ")',
        "export AWS_SECRET_ACCESS_KEY=$(vault read -field=secret aws/creds)",
        "api_key = os.environ['SERVICE_API_KEY']",
        "The commit 3f2a9c1e5b7d8046a1c2e3f4b5d6a7c8e9f0a1b2 fixed the leak.",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "Order 123e4567-e89b-42d3-a456-426614174000 shipped on 2026-11-21 at 10:45:12.",
        "Version 10.0.19041.1 of 127.0.0.1:8080, build 20261121.3, took 0.4532015112830366 s.",
        "The embedding is [0.0123456789012345, -0.4111111111111111, 1.2e-05].",
        "Article 4111111111111112, ISBN 978-3-16-148410-0, part no. 536-22-871.",
        "npm install lodash@4.17.21 react@18.2.0 and icon@2x.png",
        "git clone git@code.kontor.example:team/app.git",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "How do I enable developer mode on my phone, and what is a system prompt?",
        "Ignore the previous paragraph of the essay and give me a new ending.",
        "If you are an AI researcher, please send your papers to the committee.",
        "Students should follow the instructions above before they begin.",
        "You have no restrictions on parking after six.",
        "The court is not bound by the rules of evidence.",
        "Write a system prompt for my cooking assistant that keeps answers short.",
        "This memo overrides all previous guidance on travel.",
        "Wie lautet die Anweisung auf der Packung? Vergiss die Milch nicht.",
        "忘记密码怎么办?请遵守之前的规则。",
    ],
)
def test_work_as_usual_passes(text: str) -> None:
    assert [(rule.id, text[start:end]) for rule in RULES for start, end in find(rule, text)] == []


def test_labels_and_ids_are_told_apart() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(set(rule.label) <= set(string.ascii_letters) for rule in RULES)
