"""Reading packs: what a rule must be to be loaded, and what is said when it is not."""

import pytest

from sluicegate.detection.errors import BadRule
from sluicegate.detection.rules import FAMILIES, PACKS, Rule, check, load_pack, load_packs
from sluicegate.detection.types import Direction, Kind, Level

GOOD = {
    "id": '"ticket_key"',
    "category": '"secret.ticket_key"',
    "level": '"high"',
    "label": '"Ticket"',
    "pattern": "'tk_[0-9]{6,8}'",
    "anchor": "'tk_'",
    "source": '"Made for tests."',
    "examples": '["tk_123456"]',
    "near_misses": '["tk_12345"]',
}


def table(**changes: str | None) -> str:
    """One rule as TOML; None leaves a key out."""
    keys = {**GOOD, **changes}
    return "[[rule]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


def test_a_rule_is_read_with_its_defaults() -> None:
    (rule,) = load_pack(table(), "mine")
    assert rule == Rule(
        id="ticket_key",
        category="secret.ticket_key",
        level=Level.HIGH,
        label="Ticket",
        pattern="tk_[0-9]{6,8}",
        anchor="tk_",
        max_length=11,
        source="Made for tests.",
        examples=("tk_123456",),
        near_misses=("tk_12345",),
    )
    assert rule.directions == (Direction.PROMPT, Direction.ANSWER)
    assert rule.kinds == ()


@pytest.mark.parametrize(("level", "score"), [("high", 0.95), ("medium", 0.75), ("low", 0.5)])
def test_a_rule_is_as_sure_as_its_level_or_as_it_says(level: str, score: float) -> None:
    (silent,) = load_pack(table(level=f'"{level}"'), "mine")
    (stated,) = load_pack(table(level=f'"{level}"', score="0.625"), "mine")
    assert (silent.score, stated.score) == (score, 0.625)


def test_a_rule_may_speak_of_some_kinds_of_text() -> None:
    (rule,) = load_pack(table(kinds='["arguments", "text"]'), "mine")
    assert rule.kinds == (Kind.ARGUMENTS, Kind.TEXT)


def test_a_pack_gives_defaults_and_a_rule_overrides_them() -> None:
    text = "[defaults]\ncaseless = true\ndirections = ['prompt']\n"
    text += table() + table(id='"other_key"', caseless="false")
    first, second = load_pack(text, "mine")
    assert (first.caseless, second.caseless) == (True, False)
    assert second.directions == (Direction.PROMPT,)


def test_a_long_expression_may_come_in_pieces() -> None:
    (rule,) = load_pack(table(pattern="['tk_', '[0-9]{6,8}']"), "mine")
    assert rule.pattern == "tk_[0-9]{6,8}"


def test_a_piece_of_an_expression_may_have_a_name() -> None:
    text = "[pieces]\ndigits = '[0-9]{6,8}'\n"
    first, second = load_pack(
        text
        + table(pattern="['tk_', '@digits']")
        + table(id='"other_key"', pattern="'@digits'", anchor="'@d'"),
        "mine",
    )
    assert first.pattern == "tk_[0-9]{6,8}"
    assert second.pattern == "@digits"


def test_joints_stand_for_white_space_outside_of_classes() -> None:
    text = 'joints = "._-"\n' + table(
        pattern=r"'tk\s{1,2}[\s0-9]{6}\.\S'", anchor=r"['tk', '\s']", after=r"'\s'"
    )
    (rule,) = load_pack(text, "mine")
    assert rule.pattern == r"tk[\s._-]{1,2}[\s0-9]{6}\.\S"
    assert (rule.anchor, rule.after) == (r"tk[\s._-]", r"\s")


@pytest.mark.parametrize("joints", ['"]"', '"a-"', "7"])
def test_joints_are_marks(joints: str) -> None:
    with pytest.raises(BadRule, match="joints"):
        load_pack(f"joints = {joints}\n" + table(), "mine")


def test_an_unbounded_pattern_is_capped_by_what_the_rule_states() -> None:
    (rule,) = load_pack(table(pattern="'tk_[0-9]{6,}'", max_length="2048"), "mine")
    assert rule.max_length == 2048


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"colour": '"red"'}, "unknown key colour", id="unknown key"),
        pytest.param({"source": None}, "source missing", id="missing source"),
        pytest.param({"examples": None}, "examples missing", id="missing examples"),
        pytest.param({"near_misses": "[]"}, "near_misses has a bad value", id="no near misses"),
        pytest.param({"examples": '[""]'}, "examples has a bad value", id="empty example"),
        pytest.param({"source": '" "'}, "source is empty", id="empty source"),
        pytest.param({"level": '"severe"'}, "level has a bad value", id="unknown level"),
        pytest.param({"level": '"none"'}, "level has a bad value", id="level none"),
        pytest.param({"caseless": '"yes"'}, "caseless has a bad value", id="text for a truth"),
        pytest.param({"max_length": "true"}, "max_length has a bad value", id="truth for a number"),
        pytest.param({"directions": '["up"]'}, "directions has a bad value", id="unknown direction"),
        pytest.param({"pattern": "7"}, "pattern has a bad value", id="number for a pattern"),
        pytest.param({"id": '"Ticket-Key"'}, "id must be", id="bad id"),
        pytest.param({"category": '"secret"'}, "category must be", id="category without a kind"),
        pytest.param({"category": '"gossip.x"'}, "category must be", id="unknown family"),
        pytest.param({"label": None}, "label must be", id="data without a label"),
        pytest.param({"label": '"ticket"'}, "label must be", id="small label"),
        pytest.param({"category": '"prompt_attack.x"'}, "label must be", id="attack with a label"),
        pytest.param({"score": "1.5"}, "score must be", id="score above 1"),
        pytest.param({"score": "-0.5"}, "score must be", id="negative score"),
        pytest.param({"score": "1"}, "score has a bad value", id="whole number for a score"),
        pytest.param({"kinds": '["shout"]'}, "kinds has a bad value", id="unknown kind"),
        pytest.param({"pattern": "'tk_(?=x)'"}, "pattern: not in the regular subset", id="look-ahead"),
        pytest.param({"pattern": "'(?:tk_)?'"}, "matches the empty text", id="empty match"),
        pytest.param({"pattern": "'tk_[0-9]+'"}, "unbounded pattern needs", id="unbounded"),
        pytest.param({"pattern": "'tk_[0-9]+'", "max_length": "900"}, "needs a max_length", id="cap too low"),
        pytest.param({"max_length": "12"}, "max_length is 11", id="false bound"),
        pytest.param({"anchor": "'tk_('"}, "anchor: not in the regular subset", id="anchor does not compile"),
        pytest.param({"anchor": "''"}, "anchor must match", id="empty anchor"),
        pytest.param({"anchor": "'(?:tk_)?'"}, "anchor must match", id="anchor that matches nothing"),
        pytest.param({"anchor": "'tk.+'"}, "anchor must match", id="unbounded anchor"),
        pytest.param({"lead": "'key.{62}'"}, "lead must match", id="long lead"),
        pytest.param({"lead": "'key *'"}, "lead must match", id="unbounded lead"),
        pytest.param({"lead": "'key='", "before": "'a-z'"}, "has no before", id="lead and before"),
        pytest.param({"before": "'a-'", "after": "'z-a'"}, "after: bad range", id="bad neighbours"),
        pytest.param({"after": "'a]b'"}, "after", id="neighbours close the class"),
        pytest.param(
            {"validator": '"astrology"'}, "validator astrology does not exist", id="unknown validator"
        ),
    ],
)
def test_a_faulty_rule_is_refused_by_name(changes: dict[str, str | None], fault: str) -> None:
    with pytest.raises(BadRule, match=r"pack mine: rule ") as caught:
        load_pack(table(**changes), "mine")
    assert fault in str(caught.value)
    assert str(changes.get("id", GOOD["id"])).strip('"') in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("[[rule]\n", "not TOML", id="not TOML"),
        pytest.param("", "nothing else", id="empty"),
        pytest.param("rule = 7", "nothing else", id="rules are no tables"),
        pytest.param(table() + "[colours]\n", "nothing else", id="unknown table"),
        pytest.param(table() + table(), "the id is used twice", id="duplicate id"),
        pytest.param("rule = [7]", "rule 1", id="a rule that is no table"),
        pytest.param(table(lead="['tk', '@is']"), "no piece is named is", id="unknown piece"),
        pytest.param("pieces = 7\n" + table(), "nothing else", id="pieces are no table"),
    ],
)
def test_a_faulty_pack_is_refused(text: str, fault: str) -> None:
    with pytest.raises(BadRule, match="pack mine") as caught:
        load_pack(text, "mine")
    assert fault in str(caught.value)


def test_check_refuses_what_the_engines_cannot_compile() -> None:
    (rule,) = load_pack(table(pattern="'(?:tk[0-9]{200}){100}'"), "mine")
    with pytest.raises(BadRule, match="ticket_key: does not compile"):
        check(rule)


def test_the_built_in_packs_load_once_and_in_order() -> None:
    rules = load_packs()
    assert load_packs() is rules
    families = [rule.category.split(".")[0] for rule in rules]
    assert families == sorted(families, key=FAMILIES.index)
    assert len(PACKS) >= len(set(families))
