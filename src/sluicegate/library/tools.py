"""Guarding the tools of an agent: what a model hands to them, and what they hand to the model."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..detection.texts import Text
from ..detection.types import Direction, Kind, Role
from .exchange import outcome_of
from .guarded import Call, Guarding
from .session import current_session, with_leaks
from .tree import is_readable, texts_in, with_texts


@dataclass(frozen=True, slots=True)
class ToolGuarding(Guarding):
    """How a tool is guarded.

    Attributes:
        source: the place that the tool speaks to: a host, a server, a name. Tools of one place may hand each
            other what they returned.
    """

    source: str = ""


class ToolCall(Call):
    """One call of a tool: its arguments are a model's words, its result is what the model reads next."""

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
        """Return the arguments as they may reach the tool. Raises like `Call.arguments`."""
        bound = self.signature.bind(*args, **kwargs)
        named = [(name, value) for name, value in bound.arguments.items() if name not in self.guarding.skip]
        texts = [_argument(text, name) for name, value in named for text in texts_in(value, Role.ASSISTANT)]
        out = self.judged_arguments(texts)
        if any(text.text != new for text, new in zip(texts, out, strict=True)):
            rest = iter(out)
            for name, value in named:
                bound.arguments[name] = with_texts(value, rest)
        return bound

    def judged_arguments(self, texts: Sequence[Text]) -> Sequence[str]:
        """Judge what a model hands to the tool. Raises `Blocked` and `BadInput`."""
        session = current_session()
        policy = self.library.policy(self.guarding.policy)
        leaks = session.leaving(texts, self.source, policy) if session is not None else ()
        outcome, out = self.begin().answer(texts)
        verdict = with_leaks(outcome.verdict, leaks)
        self.report(outcome_of(verdict, policy, Direction.ANSWER))
        return out

    def answer(self, value: Any) -> Any:
        """Return the result as the model may read it. Raises `Blocked` and `BadInput`."""
        if not is_readable(value):
            self.unread(value)
        texts = [*texts_in(value, Role.TOOL)]
        out = self.judged_result(texts)
        changed = any(text.text != new for text, new in zip(texts, out, strict=True))
        return with_texts(value, iter(out)) if changed else value

    def judged_result(self, texts: Sequence[Text]) -> Sequence[str]:
        """Judge what the tool hands to the model, and remember where it came from. Raises like `answer`."""
        if not texts:
            return ()
        outcome, out = self.begin().prompt(texts)
        session = current_session()
        if session is not None:
            session.learn(texts, self.source)
        self.report(outcome)
        return out

    @property
    def source(self) -> str:
        """The place that the tool speaks to."""
        return self.guarding.source if isinstance(self.guarding, ToolGuarding) else ""


def check_tool(function: Callable[..., object]) -> None:
    """Raise `TypeError` for a function that yields: a tool's result is read whole."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("a tool returns its result; a generator is no tool")


def _argument(text: Text, name: str) -> Text:
    """Return an argument as what it is; one that is JSON by its name stays that."""
    if text.kind is Kind.ARGUMENTS:
        return text
    return text._replace(kind=Kind.ARGUMENTS, name=name)
