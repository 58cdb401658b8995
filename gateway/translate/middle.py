"""The middle form: what requests and answers of all formats come to.

Readers make it, writers spell it. `where` is always the place in the client's request, with dots
(``messages.0.content``): a writer that cannot express a thing refuses it by that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

type Finish = Literal["stop", "length", "tools", "filter", "sequence"]
"""Why an answer ended: by itself, at the most tokens, for tools, for its content, at a stop sequence."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: `data` in base64 of the type `media`, or a `url`."""

    media: str = ""
    data: str = field(default="", repr=False)
    url: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model calls. `id` is empty where a format has none."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gave back for the call `id` of the tool `name`."""

    id: str
    name: str
    parts: tuple[Text | Image, ...]
    failed: bool = False
    where: str = ""


type Part = Text | Image | Call | Result


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: results stand in turns of the user, calls in turns of the assistant."""

    role: Literal["user", "assistant", "system"]
    parts: tuple[Part, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call; `schema` is the JSON schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]
    strict: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether tools are called: as the model likes, never, at least one, or the one named."""

    kind: Literal["auto", "none", "any", "one"]
    name: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The answer is to be JSON; of a `schema` if there is one."""

    name: str
    schema: Mapping[str, Any] | None
    strict: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One wish of a request, and where it stands."""

    value: Any
    where: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    `options` are by their names here: ``max_tokens``, ``temperature``, ``top_p``, ``top_k``, ``seed``,
    ``presence_penalty``, ``frequency_penalty``, ``stop`` (a list), ``user``, ``one_call`` (no parallel
    calls) and ``form`` (a `Form`). `usage`: a stream is to tell what it cost.
    """

    model: str
    system: tuple[Text, ...]
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice | None = None
    options: Mapping[str, Option] = field(default_factory=dict)
    stream: bool = False
    usage: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `cached` and `written` (read from and written to a cache) are among those of the `input`."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `id` and `model` are empty where the upstream does not tell them."""

    id: str
    model: str
    parts: tuple[Text | Call, ...]
    finish: Finish
    usage: Usage
    sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer needs that no upstream tells: a name, a time in epoch seconds, the model asked for."""

    id: str
    created: int
    model: str
