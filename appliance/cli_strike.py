"""``sluicegate strike``: attacks on a guard of one's own, by technique."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_terminal import console, grid, progress
from .errors import ApplianceError, SettingError

if TYPE_CHECKING:
    from .strike.fate import Target
    from .strike.score import Scores

_FAILED = 1
_MOST_SHOWN = 20

_PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="Attack a policy, or that of a file, in this process.")
]
_UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Attack an OpenAI-compatible URL, or .../v1/guardrails."),
]
_ModelOption = Annotated[
    str, typer.Option("--model", metavar="NAME", help="The model a completion is asked of.")
]
_KeyOption = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="A file with the key for the URL.")
]
_OwnOption = Annotated[
    bool, typer.Option("--i-own-this", help="The URL is yours though its address is a public one.")
]
_TechniqueOption = Annotated[
    list[str] | None, typer.Option("--technique", metavar="NAME", help="Only this technique; all by default.")
]
_CountOption = Annotated[
    int, typer.Option("--count", metavar="N", min=1, max=10_000, help="Attacks of each technique, at most.")
]
_SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="The same number gives the same attacks.")
]
_FailOption = Annotated[
    float | None,
    typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="Exit with 1 if fewer are caught."),
]
_ShowOption = Annotated[
    bool, typer.Option("--show-texts", help="Show attacks that came through; put them into the JSON.")
]
_JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write every figure.")]
_HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")]


def strike(
    policy: _PolicyOption = "balanced",
    url: _UrlOption = None,
    model: _ModelOption = "demo",
    key_file: _KeyOption = None,
    i_own_this: _OwnOption = False,
    technique: _TechniqueOption = None,
    count: _CountOption = 20,
    seed: _SeedOption = 1,
    fail_under: _FailOption = None,
    show_texts: _ShowOption = False,
    json: _JsonOption = None,
    html: _HtmlOption = None,
) -> None:
    """Attack a policy or a URL of your own, and count what is caught by technique."""
    from .strike.attacks import TECHNIQUES, attacks  # noqa: PLC0415 - help and errors need not wait for it
    from .strike.score import strike as send  # noqa: PLC0415 - as above

    made = [*attacks(technique or TECHNIQUES, count, seed)]
    with _target(policy, url, model, key_file, own=i_own_this) as target, progress(len(made)) as shown:
        scores = send(target, made, shown)
    heading = f"{f'Policy {policy}' if url is None else url}, seed {seed}."
    _write(scores, heading, seed, texts=show_texts, json=json, html=html)
    if fail_under is not None and scores.total.caught.value * 100 < fail_under:
        raise typer.Exit(_FAILED)


@contextmanager
def _target(
    policy: str, url: str | None, model: str, key_file: Path | None, *, own: bool
) -> Iterator["Target"]:
    if url is None:
        from .chosen_policy import policy_of  # noqa: PLC0415 - as above
        from .local_core import local_core  # noqa: PLC0415 - as above
        from .strike.in_process import PolicyTarget  # noqa: PLC0415 - as above

        yield PolicyTarget(local_core(), policy_of(policy))
        return
    from .strike.over_http import HttpTarget, refuse_strangers  # noqa: PLC0415 - as above

    target = HttpTarget(url, model, _key(key_file))
    try:
        if not own:
            refuse_strangers(url)
        yield target
    finally:
        target.close()


def _key(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None


def _write(
    scores: "Scores", heading: str, seed: int, *, texts: bool, json: Path | None, html: Path | None
) -> None:
    import orjson  # noqa: PLC0415 - as above

    from .strike.report import as_html, as_json, table  # noqa: PLC0415 - as above

    shown = table(scores)
    console().print(grid(f"{shown.title}: {heading}", shown.heads, shown.rows))
    for attack, fate in scores.through[:_MOST_SHOWN] if texts else ():
        console().print(f"{attack.technique} {attack.number}, {fate}: {attack.text!r}", markup=False)
    if json:
        body = orjson.dumps(as_json(scores, seed, texts=texts), option=orjson.OPT_INDENT_2)
        _keep(json, body + b"\n")
    if html:
        _keep(html, as_html(scores, heading).encode())


def _keep(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise ApplianceError(f"{path}: cannot be written: {error.strerror}") from None
