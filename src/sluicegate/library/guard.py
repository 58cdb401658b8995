"""The decorator: what a function is given and what it gives back goes through the core."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing, closing
from typing import Any

from .guarded import Call, Guarding, Pieces
from .outcome import Blocked
from .turn import in_thread

type _Begin = Callable[[], Call]


def guarded[**Given, Returned](
    function: Callable[Given, Returned],
    guarding: Guarding,
    call: Callable[[Guarding, inspect.Signature], Call] = Call,
) -> Callable[Given, Returned]:
    """Return a function of the same kind that is guarded: plain, async, generator or async generator.

    Args:
        function: what is guarded.
        guarding: how.
        call: makes what guards one call.
    """
    signature = inspect.signature(function)

    def begin() -> Call:
        return call(guarding, signature)

    kind = _plain
    if inspect.isasyncgenfunction(function):
        kind = _async_stream
    elif inspect.isgeneratorfunction(function):
        kind = _stream
    elif inspect.iscoroutinefunction(function):
        kind = _async_plain
    return functools.wraps(function)(kind(function, begin))


def _plain(function: Callable[..., Any], begin: _Begin) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = begin()
        try:
            bound = call.arguments(args, kwargs)
            return call.answer(function(*bound.args, **bound.kwargs))
        except Blocked as blocked:
            return call.instead(blocked)

    return wrapper


def _async_plain(function: Callable[..., Any], begin: _Begin) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = begin()
        try:
            bound = await _arguments(call, args, kwargs)
            value = await function(*bound.args, **bound.kwargs)
            return await _judged(call, value)
        except Blocked as blocked:
            return call.instead(blocked)

    return wrapper


def _stream(function: Callable[..., Any], begin: _Begin) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, None, Any]:
        call = begin()
        try:
            bound = call.arguments(args, kwargs)
            with closing(function(*bound.args, **bound.kwargs)) as items:
                return (yield from _through(items, call.stream()))
        except Blocked as blocked:
            yield call.instead(blocked)
            return None

    return wrapper


def _through(items: Generator[Any, Any, Any], pieces: Pieces) -> Generator[Any, None, Any]:
    """Yield what may go on of what a generator yields; return what it returns."""
    while True:
        try:
            item = next(items)
        except StopIteration as end:
            yield from pieces.close()
            return end.value
        yield from pieces.feed(item)


def _async_stream(function: Callable[..., Any], begin: _Begin) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        call = begin()
        try:
            bound = await _arguments(call, args, kwargs)
            pieces = call.stream()
            async with aclosing(function(*bound.args, **bound.kwargs)) as items:
                async for item in items:
                    for released in pieces.feed(item):
                        yield released
                for released in pieces.close():
                    yield released
        except Blocked as blocked:
            yield call.instead(blocked)

    return wrapper


async def _arguments(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
    if call.is_quick(args, kwargs):
        return call.arguments(args, kwargs)
    return await in_thread(call.arguments, args, kwargs)


async def _judged(call: Call, value: Any) -> Any:
    return call.answer(value) if call.is_quick(value) else await in_thread(call.answer, value)
