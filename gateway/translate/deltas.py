"""What happens in a streamed answer, in the middle form. Tuples, because a stream has one for each word."""

from typing import NamedTuple

from .middle import Finish, Usage


class Started(NamedTuple):
    """The answer begins. `id` and `model` are empty where the upstream does not tell them."""

    id: str
    model: str


class Words(NamedTuple):
    """The text goes on."""

    text: str


class CallStarted(NamedTuple):
    """A tool is called; calls count from 0. `id` is empty where the upstream gives none."""

    number: int
    id: str
    name: str


class CallWords(NamedTuple):
    """The arguments of a call go on, as JSON text."""

    number: int
    text: str


class Finished(NamedTuple):
    """The model is done, and why; `sequence` is the one it stopped at."""

    reason: Finish
    sequence: str | None = None


class Counted(NamedTuple):
    """What it cost so far, all of it."""

    usage: Usage


class Broke(NamedTuple):
    """The upstream says that it failed in the middle; nothing follows."""

    message: str


class Ended(NamedTuple):
    """The stream is over."""


type Delta = Started | Words | CallStarted | CallWords | Finished | Counted | Broke | Ended
