"""Turns put together: in some formats those of one side must not follow each other."""

from collections.abc import Iterable, Iterator

from .middle import Call, Result, Text, Turn


def joined(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Join turns of the same side that follow each other; each result gets the name of its call's tool."""
    together: list[Turn] = []
    for turn in turns:
        if together and together[-1].role == turn.role != "system":
            before = together.pop()
            together.append(Turn(turn.role, before.parts + turn.parts, before.where))
        else:
            together.append(turn)
    return tuple(_named(together))


def _named(turns: Iterable[Turn]) -> Iterator[Turn]:
    names: dict[str, str] = {}
    for turn in turns:
        names.update((part.id, part.name) for part in turn.parts if isinstance(part, Call))
        parts = tuple(
            Result(part.id, names.get(part.id, ""), part.parts, part.failed, part.where)
            if isinstance(part, Result)
            else part
            for part in turn.parts
        )
        yield Turn(turn.role, parts, turn.where)


def leading(turns: tuple[Turn, ...]) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    """Part the system's texts at the beginning from the turns that follow."""
    count = next((index for index, turn in enumerate(turns) if turn.role != "system"), len(turns))
    texts = [part for turn in turns[:count] for part in turn.parts if isinstance(part, Text)]
    return tuple(texts), turns[count:]
