"""Policy files: what each key changes, what comes first, and what is refused with which words."""

import pytest

from sluicegate.detection.errors import BadPolicy
from sluicegate.detection.methods import Drop, Partial, Rewrite
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.policy_case import Case, Expected
from sluicegate.detection.policy_file import extends, load_policy
from sluicegate.detection.presets import BALANCED, PRESETS, STRICT
from sluicegate.detection.sensitivity import Threshold
from sluicegate.detection.tier_rule import FailMode, TierRule
from sluicegate.detection.types import Action, Direction, Kind, Level, Role, Tier

BASE = 'extends = "balanced"\n'


def load(text: str, name: str = "own") -> Policy:
    return load_policy(BASE + text, name, PRESETS)


def test_a_file_that_says_nothing_is_the_policy_it_extends() -> None:
    own = load("")
    assert own.name == "own"
    assert own.clauses == BALANCED.clauses
    assert own.unjudged is BALANCED.unjudged
    assert extends('extends = "strict"', "own") == "strict"


def test_its_clauses_come_before_those_it_extends() -> None:
    own = load(
        """
        [[clause]]
        action = "mask"
        category = "pii.card"
        method = { name = "partial", prefix = 4 }
        [[clause]]
        action = "replace"
        category = ["secret", "pii.email"]
        level = "medium"
        direction = "answer"
        role = ["tool", "retrieved"]
        kind = "arguments"
        known = false
        scanner = "patterns"
        rule = ["a", "b"]
        method = "drop"
        """
    )
    assert own.clauses[:2] == (
        Clause(Action.MASK, ("pii.card",), method=Partial(4)),
        Clause(
            Action.REPLACE,
            ("secret", "pii.email"),
            Level.MEDIUM,
            Direction.ANSWER,
            (Role.TOOL, Role.RETRIEVED),
            (Kind.ARGUMENTS,),
            False,
            ("patterns",),
            ("a", "b"),
            Drop(),
        ),
    )
    assert own.clauses[2:] == BALANCED.clauses


def test_plain_settings_stand_instead() -> None:
    own = load(
        """
        about = "For the help desk."
        block_style = "error"
        safe_text = "No, {application}."
        restore = false
        show_categories = true
        placeholder_scope = "tenant"
        explain = "rule"
        link_hours = 24
        private = ["pii", "secret.aws_access_key"]
        """
    )
    assert own.private == ("pii", "secret.aws_access_key")
    assert (own.block_style, own.safe_text, own.restore) == ("error", "No, {application}.", False)
    assert (own.show_categories, own.placeholder_scope) == (True, "tenant")
    assert (own.explain, own.link_hours) == ("rule", 24)


@pytest.mark.parametrize(
    ("text", "thresholds"),
    [
        ('sensitivity = "low"', (Threshold("", 0.95),)),
        ("sensitivity = 0.7", (Threshold("", 0.7),)),
        ("sensitivity = 1", (Threshold("", 1.0),)),
        (
            '[sensitivity]\ndefault = "medium"\npii = 0.5\n"pii.phone" = "low"',
            (Threshold("", 0.6), Threshold("pii", 0.5), Threshold("pii.phone", 0.95)),
        ),
    ],
)
def test_sensitivity_is_a_word_or_a_number_for_all_or_by_category(
    text: str, thresholds: tuple[Threshold, ...]
) -> None:
    assert load(text).thresholds == thresholds


def test_tables_are_merged_key_by_key_along_the_chain() -> None:
    first = load(
        """
        [sensitivity]
        pii = "medium"
        secret = "low"
        [unscannable]
        media = "block"
        token_ids = "pass"
        [tiers.linear]
        fail = "closed"
        [tiers.guard_model]
        deadline_ms = 1500
        [responses]
        secret = "one"
        pii = "two"
        unscannable = "three"
        """,
        "first",
    )
    text = """
        extends = "first"
        unscannable = "block"
        [sensitivity]
        pii = "high"
        [tiers.linear]
        deadline_ms = 5
        [responses]
        default = "none of that"
        pii = "four"
        """
    second = load_policy(text, "second", {"first": first})
    assert second.thresholds == (Threshold("pii", 0.4), Threshold("secret", 0.95))
    assert second.unjudged is Action.BLOCK
    assert dict(second.unscannable) == {"media": Action.BLOCK, "token ids": Action.PASS}
    assert second.tiers == (
        TierRule(Tier.LINEAR, FailMode.CLOSED, 0.005),
        TierRule(Tier.GUARD_MODEL, FailMode.OPEN, 1.5),
    )
    assert dict(second.responses) == {"secret": "one", "pii": "four", "unscannable": "three"}
    assert second.safe_text == "none of that"
    assert first.safe_text == BALANCED.safe_text


def test_tests_are_those_of_the_file_alone() -> None:
    first = load(
        """
        [tests]
        must_block = ["a"]
        must_mask = [{ text = "b", role = "tool", kind = "arguments", name = "to" }]
        must_pass = ["c", { text = "d", direction = "answer" }]
        """,
        "first",
    )
    assert first.cases == (
        Case(Expected.BLOCK, "a"),
        Case(Expected.MASK, "b", Role.TOOL, Kind.ARGUMENTS, name="to"),
        Case(Expected.PASS, "c"),
        Case(Expected.PASS, "d", Role.ASSISTANT, direction=Direction.ANSWER),
    )
    assert load_policy('extends = "first"', "second", {"first": first}).cases == ()


def test_a_regex_is_read_as_toml_writes_it() -> None:
    own = load(
        "[[clause]]\naction = 'replace'\nmethod = { name = 'regex', pattern = '(\\d)\\d*', to = '\\1' }"
    )
    assert own.clauses[0].method == Rewrite(r"(\d)\d*", r"\1")


CLAUSE = "[[clause]]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x =", "not TOML"),
        ("claus = 1", "claus: there is no such key; did you mean clause?"),
        ("about = 1", "about: must be a text"),
        ("restore = 1", "restore: must be true or false"),
        ('block_style = "silent"', "block_style: must be one of refusal, error"),
        ('explain = "all"', "explain: must be one of none, category, rule"),
        ("link_hours = 0", "link_hours: must be a number from 1"),
        ("link_hours = true", "link_hours: must be a number from 1"),
        ('safe_text = ""', "safe_text: must be a text"),
        ('safe_text = "{prompt}"', "safe_text: {prompt} is not known"),
        ('safe_text = "{rule}"', '{rule} needs explain = "rule"'),
        ('safe_text = "{category}"', "{category} needs explain"),
        ('explain = "category"\n[responses]\npii = "{rule}"', '{rule} needs explain = "rule"'),
        ('[responses]\npi = "x"', "'pi' is no category"),
        ("clause = 1", "clause: must be tables"),
        ("[clause]", "clause: must be tables"),
        (CLAUSE, "clause 1: action: must be one of"),
        (
            CLAUSE + 'action = "bloc"',
            "clause 1: action: must be one of pass, flag, mask, replace, block; did",
        ),
        (
            CLAUSE + 'action = "block"\nlevl = "low"',
            "clause 1: levl: there is no such key; did you mean level?",
        ),
        (CLAUSE + 'action = "block"\ncategory = "secrets"', "clause 1: category: 'secrets' is no category"),
        (CLAUSE + 'action = "block"\ncategory = "pii."', "clause 1: category: 'pii.' is no category"),
        (CLAUSE + 'action = "block"\ncategory = []', "clause 1: category: must be a text or a list"),
        (CLAUSE + 'action = "block"\nrole = "users"', "clause 1: role: must be one of system, user"),
        (CLAUSE + 'action = "block"\nknown = 1', "clause 1: known: must be true or false"),
        (CLAUSE + 'action = "block"\nmethod = "drop"', "clause 1: method: goes with the actions mask and"),
        (CLAUSE + 'action = "replace"\nmethod = "placeholder"', "clause 1: method: a placeholder goes with"),
        (CLAUSE + 'action = "mask"\nmethod = "rot13"', "clause 1: method: name must be one of"),
        (CLAUSE + 'action = "pass"\n' + CLAUSE + 'action = "x"', "clause 2: action"),
        ("sensitivity = 2", "sensitivity: default: must be a number from 0 to 1"),
        ("sensitivity = true", "sensitivity: default: must be a number from 0 to 1"),
        ('sensitivity = "huge"', "sensitivity: default: must be one of low, medium, high"),
        ('[sensitivity]\nphone = "low"', "'phone' is no category"),
        ('unscannable = "mask"', "unscannable: default: must be one of pass, flag, block"),
        ('[unscannable]\nmedium = "pass"', "unscannable: medium: there is no such key; did you mean media?"),
        ("[tiers.patterns]", "tiers: patterns: must be one of linear, transformer, guard_model"),
        ("[tiers.linear]\ndeadline = 1", "tiers.linear: deadline: there is no such key"),
        ("[tiers.linear]\ndeadline_ms = 0", "tiers.linear: deadline_ms: must be a number from 1"),
        ('[tiers.linear]\nfail = "shut"', "tiers.linear: fail: must be one of open, closed, hold"),
        ('[tests]\nmust_blok = ["x"]', "tests: must_blok: there is no such key; did you mean must_block?"),
        ('[tests]\nmust_block = "x"', "tests: must_block: must be a list"),
        ("[tests]\nmust_block = [1]", "tests: must_block 1: text: must be a text"),
        ('[tests]\nmust_block = ["x", {role = "user"}]', "tests: must_block 2: text: must be a text"),
        (
            '[tests]\nmust_pass = [{text = "x", rol = "user"}]',
            "tests: must_pass 1: rol: there is no such key",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        load(text)
    assert str(caught.value).startswith("policy own: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'extends: missing; a policy stands on another, like extends = "balanced"'),
        ('extends = "strickt"', "extends: must be one of monitor, balanced, strict; did you mean strict?"),
        ("extends = 1", "extends: must be one of"),
    ],
)
def test_every_policy_stands_on_a_known_one(text: str, message: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        load_policy(text, "own", PRESETS)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["", "Own", "a b", "-a", "a" * 64, "a/b", "ä"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(BadPolicy, match="a name holds"):
        load("", name)


def test_bounds() -> None:
    many = CLAUSE + 'action = "pass"\n'
    with pytest.raises(BadPolicy, match="more than 500 clauses"):
        load(many * 500)
    with pytest.raises(BadPolicy, match="more than 1000"):
        load(f"[tests]\nmust_pass = {['x'] * 1001}")


def test_a_template_may_use_what_an_inherited_policy_tells() -> None:
    first = load('explain = "rule"\n[responses]\npii = "{rule}"', "first")
    with pytest.raises(BadPolicy, match="needs explain"):
        load_policy('extends = "first"\nexplain = "category"', "second", {"first": first})
    assert load_policy('extends = "first"', "second", {"first": first}).responses == (("pii", "{rule}"),)


def test_strict_can_be_softened_for_one_rule() -> None:
    own = load_policy(
        'extends = "strict"\n[[clause]]\naction = "flag"\nrule = "override_previous"', "own", PRESETS
    )
    assert own.clauses[0] == Clause(Action.FLAG, rule=("override_previous",))
    assert own.unjudged is STRICT.unjudged
