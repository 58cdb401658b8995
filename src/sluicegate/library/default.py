"""The library of the process: what ``from sluicegate import scan`` speaks to."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, overload

from ..detection.errors import BadRule
from ..detection.function_scanners import EVERYWHERE, Find, FunctionScanner
from ..detection.types import Action, Direction, Level, Role
from .guard import guarded
from .guarded import Guarding, OnBlock
from .local import Library
from .outcome import Outcome
from .result import Conversation, Result
from .settings import ModelsUsed, PolicyLike, Settings, policy_of
from .source import Source
from .tools import ToolCall, ToolGuarding, check_tool

_changing = threading.Lock()


class _Process:
    """Holds the library that is in force."""

    library = Library()


def current() -> Library:
    """Return the library that is in force."""
    return _Process.library


def configure(
    *,
    policy: PolicyLike | None = None,
    key: bytes | None = None,
    cache: Path | bool | None = None,
    models: ModelsUsed | None = None,
    remote: Source | None = None,
) -> None:
    """Say how texts are judged from now on; what is left out stays as it is.

    Args:
        policy: ``balanced`` unless configured.
        key: at least 32 secret bytes, from which placeholders and digests come. Without one they are
            random for this process: a value masked here has another placeholder in the next process,
            and what one masked the other cannot put back.
        cache: folder for compiled rules, which must be private; True for this user's own (the
            default), False for none: then every start compiles the rules anew, which takes seconds.
        models: ``none`` (the default), ``linear``, or ``transformer`` for both: small models in this
            process, asked where policies say so; a text in doubt takes some ten milliseconds more.
        remote: an appliance, a `Remote`: its policies are in force instead of `policy`, its keys instead of
            `key`, and what texts come to is on its record.

    Raises:
        BadPolicy: there is no such policy.
        ModelMissing: what the models need is not installed.
        ValueError: the key is too short, there are no such models, or the appliance wants to judge itself.
    """
    if models not in (None, "none", "linear", "transformer"):
        raise ValueError("models must be none, linear or transformer")
    if remote is not None and remote.judges:
        raise ValueError("remote: the library judges here; give one that detects locally")
    wanted = None if policy is None else policy_of(policy)

    def change(old: Settings) -> Settings:
        return Settings(
            old.policy if wanted is None else wanted,
            old.key if key is None else key,
            old.cache if cache is None else cache,
            old.scanners,
            old.models if models is None else models,
            old.source if remote is None else remote,
        )

    _change(change)


def _change(change: Callable[[Settings], Settings]) -> None:
    with _changing:
        library = _Process.library
        _Process.library = library.told(change(library.settings))


def register_engine(
    name: str,
    find: Find,
    *,
    category: str = "",
    level: Level = Level.HIGH,
    action: Action | None = None,
    label: str = "Custom",
    directions: Iterable[Direction] = EVERYWHERE,
    fail: Literal["open", "closed"] = "open",
) -> FunctionScanner:
    """Let a function scan every text beside the rules; one of the same name is replaced.

    What it finds is judged under the same policy. It is called for every reading of every text - as it
    stands, and decoded where that differs - from the threads that scan, also at the same time. With one
    that looks at answers, streamed answers wait for their end.

    Args:
        name: lower-case letters, digits and underscores.
        find: takes a text, returns spans ``(start, end)`` or `Found`.
        category: a policy decides by it; ``custom.`` and the name unless given. One that begins with
            ``secret.``, ``pii.`` or ``prompt_attack.`` is treated like what the built-in rules find.
        level: how bad what it finds is.
        action: decides instead of the policy.
        label: what stands in place of a value that is masked.
        directions: prompts, answers, or both.
        fail: what a text comes to if the function raises: ``open`` lists it as unjudged, and the
            policy decides; ``closed`` blocks it.

    Returns:
        The scanner; `forget_engine` takes its name.

    Raises:
        BadRule: the name, category or label has no usable form.
    """
    scanner = FunctionScanner(name, find, category, level, label, tuple(directions), fail, action)

    def change(old: Settings) -> Settings:
        return replace(old, scanners=(*_others(old, name), scanner))

    _change(change)
    return scanner


def forget_engine(name: str) -> None:
    """Let a function scan no more. Raises `BadRule` where none has the name."""
    if not any(item.name == name for item in current().settings.scanners):
        raise BadRule(f"no engine is named {name}")
    _change(lambda old: replace(old, scanners=_others(old, name)))


def _others(settings: Settings, name: str) -> tuple[FunctionScanner, ...]:
    return tuple(item for item in settings.scanners if item.name != name)


def scan(text: str, *, role: Role = Role.USER, policy: PolicyLike | None = None) -> Result:
    """Judge a text on its way to a model: see `Library.scan`."""
    return current().scan(text, role=role, policy=policy)


async def ascan(text: str, *, role: Role = Role.USER, policy: PolicyLike | None = None) -> Result:
    """Judge a text like `scan` without holding up the event loop: see `Library.ascan`."""
    return await current().ascan(text, role=role, policy=policy)


def scan_output(text: str, *, prompt: Result | None = None, policy: PolicyLike | None = None) -> Result:
    """Judge a model's answer, put back what its prompt lost: see `Library.scan_output`."""
    return current().scan_output(text, prompt=prompt, policy=policy)


def scan_document(text: str, *, policy: PolicyLike | None = None) -> Result:
    """Judge a document that a model is to read: see `Library.scan_document`."""
    return current().scan_document(text, policy=policy)


def scan_conversation(messages: Sequence[object], *, policy: PolicyLike | None = None) -> Conversation:
    """Judge a conversation on its way to a model: see `Library.scan_conversation`."""
    return current().scan_conversation(messages, policy=policy)


@overload
def guard[**Given, Returned](function: Callable[Given, Returned], /) -> Callable[Given, Returned]: ...


@overload
def guard[**Given, Returned](
    *,
    policy: PolicyLike | None = None,
    on_block: OnBlock = "raise",
    roles: Mapping[str, Role] | None = None,
    skip: Iterable[str] = (),
    on_outcome: Callable[[Outcome], object] | None = None,
) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]: ...


def guard[**Given, Returned](
    function: Callable[Given, Returned] | None = None,
    /,
    *,
    policy: PolicyLike | None = None,
    on_block: OnBlock = "raise",
    roles: Mapping[str, Role] | None = None,
    skip: Iterable[str] = (),
    on_outcome: Callable[[Outcome], object] | None = None,
) -> Callable[Given, Returned] | Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Guard a function that talks to a model: plain, async, generator or async generator.

    Texts among its arguments - strings, also inside lists, tuples and dicts - are judged before the call
    and arrive masked. What it returns or yields is judged on its way out, with what was masked put
    back; pieces of text that are yielded are one answer. What holds no readable text is passed on or
    blocked, as the policy says of what nobody could judge.

    Args:
        function: where the decorator stands without arguments.
        policy: decides instead of the configured one.
        on_block: ``raise`` raises `Blocked`; ``text`` returns (or yields, at the end) the policy's text.
        roles: whose words an argument holds, by its name; a user's unless given.
        skip: names of arguments that are not meant for a model.
        on_outcome: is called with every outcome.

    Raises:
        BadPolicy: there is no such policy.
        ValueError: `on_block` is neither word.
    """
    if on_block not in ("raise", "text"):
        raise ValueError("on_block must be raise or text")
    wanted = None if policy is None else policy_of(policy)
    guarding = Guarding(current, wanted, on_block, roles or {}, frozenset(skip), on_outcome)

    def decorate(inner: Callable[Given, Returned]) -> Callable[Given, Returned]:
        return guarded(inner, guarding)

    return decorate if function is None else decorate(function)


@overload
def guard_tool[**Given, Returned](function: Callable[Given, Returned], /) -> Callable[Given, Returned]: ...


@overload
def guard_tool[**Given, Returned](
    *,
    source: str = "",
    policy: PolicyLike | None = None,
    on_block: OnBlock = "raise",
    skip: Iterable[str] = (),
    on_outcome: Callable[[Outcome], object] | None = None,
) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]: ...


def guard_tool[**Given, Returned](
    function: Callable[Given, Returned] | None = None,
    /,
    *,
    source: str = "",
    policy: PolicyLike | None = None,
    on_block: OnBlock = "raise",
    skip: Iterable[str] = (),
    on_outcome: Callable[[Outcome], object] | None = None,
) -> Callable[Given, Returned] | Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Guard a tool of an agent, plain or async: a function that a model calls.

    Its arguments are judged as a tool call's, its result as what a model reads next. In a
    `guarded_session` what other tools returned may not leave through it, see `session.guarded_session`.

    Args:
        function: where the decorator stands without arguments.
        source: the place it speaks to, a host for example; the function's own name unless given.
        policy: decides instead of the configured one.
        on_block: ``raise`` raises `Blocked`; ``text`` returns the policy's text to the model.
        skip: names of arguments that do not come from a model.
        on_outcome: is called with every outcome.

    Raises:
        BadPolicy: there is no such policy.
        TypeError: the function yields.
        ValueError: `on_block` is neither word.
    """
    if on_block not in ("raise", "text"):
        raise ValueError("on_block must be raise or text")
    wanted = None if policy is None else policy_of(policy)

    def decorate(inner: Callable[Given, Returned]) -> Callable[Given, Returned]:
        check_tool(inner)
        place = source or f"{inner.__module__}.{inner.__qualname__}"
        guarding = ToolGuarding(current, wanted, on_block, {}, frozenset(skip), on_outcome, place)
        return guarded(inner, guarding, ToolCall)

    return decorate if function is None else decorate(function)
