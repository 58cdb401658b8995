"""The sections of a policy file about topics and approved answers."""

from typing import Any

from ..errors import BadPolicy
from ..policy import Clause, Policy
from ..policy_clauses import category
from ..policy_reading import Changes, Table, tables
from ..types import Action, Level
from .reading import read_directions, read_level, read_name
from .topic import Knowledge, Topic

MOST_TOPICS = 100
FEWEST_EXAMPLES, MOST_EXAMPLES = 3, 20
LONGEST_EXAMPLE = 320
MOST_ANSWERS = 2_000
LONGEST_QUESTION, LONGEST_ANSWER = 320, 4_000

_TOPIC = ("name", "examples", "level", "least", "action", "scan_prompt", "scan_response")
_KNOWLEDGE = ("name", "category", "least", "pairs")
_ACTIONS = {"flag": Action.FLAG, "block": Action.BLOCK}


def read_topics(value: Any, policy: Policy, where: str) -> Changes:
    """Add topics to those there are, and a clause for each. Raises `BadPolicy`."""
    found = {topic.name: topic for topic in policy.topics}
    clauses: list[Clause] = []
    for table in tables(value, f"{where}: topic"):
        topic = Topic(
            name=read_name(table),
            examples=_examples(table),
            level=read_level(table, Level.HIGH),
            least=_least(table),
            directions=read_directions(table),
        )
        action = table.one_of("action", _ACTIONS) if "action" in table else Action.BLOCK
        table.done(_TOPIC)
        found[topic.name] = topic
        clauses.append(Clause(action, (topic.subject.category,), Level.LOW))
    if len(found) > MOST_TOPICS:
        raise BadPolicy(f"{where}: topic: more than {MOST_TOPICS} topics")
    return {"topics": tuple(found.values()), "clauses": (*clauses, *policy.clauses)}


def read_knowledge(value: Any, policy: Policy, where: str) -> Changes:
    """Add approved answers to those there are. Raises `BadPolicy`."""
    found = {base.name: base for base in policy.knowledge}
    for table in tables(value, f"{where}: knowledge"):
        base = _knowledge(table)
        found[base.name] = base
    if sum(len(base.questions) for base in found.values()) > MOST_ANSWERS:
        raise BadPolicy(f"{where}: knowledge: more than {MOST_ANSWERS} answers")
    return {"knowledge": tuple(found.values())}


def _knowledge(table: Table) -> Knowledge:
    name = read_name(table)
    named = table.texts("category") if "category" in table else ()
    categories = tuple(category(table, "category", item) for item in named)
    least = _least(table)
    pairs = [_pair(item) for item in tables(table.take("pairs"), f"{table.where}: pairs")]
    table.done(_KNOWLEDGE)
    if not pairs:
        raise table.fail("pairs", "must hold a question and an answer at least")
    return Knowledge(
        name,
        categories,
        tuple(question for question, _ in pairs),
        tuple(answer for _, answer in pairs),
        least,
    )


def _pair(table: Table) -> tuple[str, str]:
    pair = table.text("question", LONGEST_QUESTION), table.text("answer", LONGEST_ANSWER)
    table.done(("question", "answer"))
    return pair


def _examples(table: Table) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.strip() for text in table.texts("examples")))
    fits = all(0 < len(text) <= LONGEST_EXAMPLE for text in found)
    if not fits or not FEWEST_EXAMPLES <= len(found) <= MOST_EXAMPLES:
        raise table.fail(
            "examples",
            f"must be {FEWEST_EXAMPLES} to {MOST_EXAMPLES} texts of 1 to {LONGEST_EXAMPLE} characters",
        )
    return found


def _least(table: Table) -> float:
    return table.number("least", 0.05, 0.99) if "least" in table else 0.0
