"""``sluicegate eval``: how well detection works on labelled text."""

import os
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from ..detection.types import Direction, Role
from .cli_terminal import console, progress
from .errors import SettingError
from .evaluation.which_models import Models

if TYPE_CHECKING:
    from .evaluation.outcome import Question
    from .evaluation.span_types import SpanTypes
    from .evaluation.tally import Tally


class By(StrEnum):
    """Tables that are shown on request."""

    CATEGORY = "category"
    RULE = "rule"


_DataArgument = Annotated[
    list[Path],
    typer.Argument(metavar="DATA...", help="Files of labelled texts: .jsonl, .jsonl.gz, or folders of them."),
]
_FamilyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--family", metavar="NAME", help="Count only findings of this family (secret...); all by default."
    ),
]
_ThresholdOption = Annotated[
    list[float] | None,
    typer.Option(
        "--threshold", metavar="SCORE", min=0, max=1, help="Act on this score; 0 (default) is any finding."
    ),
]
_RateOption = Annotated[
    list[float] | None,
    typer.Option(
        "--at-fpr", metavar="RATE", min=0, max=1, help="Act on the score with this false-positive rate."
    ),
]
_CalibrateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--calibrate",
        metavar="NAME",
        help="Data set whose negatives fix --at-fpr; by default the benign texts of all.",
    ),
]
_ByOption = Annotated[list[By] | None, typer.Option("--by", help="Show this table, too.")]
_ModelsOption = Annotated[
    Models,
    typer.Option(
        "--models", help="Let small models score every text, too; their scores count like those of rules."
    ),
]
_NamesOption = Annotated[
    bool,
    typer.Option("--names", help="Let the model of names read along: persons, organisations, addresses."),
]
_TypesOption = Annotated[
    Path | None,
    typer.Option("--types", metavar="FILE", help="What types of marked spans are called here."),
]
_SpanTypeOption = Annotated[
    list[str] | None,
    typer.Option("--span-type", metavar="TYPE", help="Pool this type of marked spans; all by default."),
]
_JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", min=1, max=256, help="Processes; one a core by default."),
]
_JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write every figure.")]
_HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write a report with plots, in one file.")
]
_PageOption = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Put the tables between the markers of a Markdown page."),
]
_ShowOption = Annotated[
    bool, typer.Option("--show-texts", help="Put texts that were judged wrongly into the report.")
]


def evaluate(
    data: _DataArgument,
    family: _FamilyOption = None,
    threshold: _ThresholdOption = None,
    at_fpr: _RateOption = None,
    calibrate: _CalibrateOption = None,
    by: _ByOption = None,
    direction: Annotated[Direction, typer.Option(help="Which way the texts travel.")] = Direction.PROMPT,
    role: Annotated[Role, typer.Option(help="Whose words they are.")] = Role.USER,
    models: _ModelsOption = Models.NONE,
    names: _NamesOption = False,
    types: _TypesOption = None,
    span_type: _SpanTypeOption = None,
    jobs: _JobsOption = None,
    json: _JsonOption = None,
    html: _HtmlOption = None,
    page: _PageOption = None,
    show_texts: _ShowOption = False,
) -> None:
    """Measure detection on labelled text: recall, false positives, AUROC, spans."""
    from ..detection.models.name import KINDS as NAME_KINDS  # noqa: PLC0415 - help and errors need not wait
    from ..detection.models.names import names_model  # noqa: PLC0415 - as above
    from ..detection.rules import load_packs  # noqa: PLC0415 - as above
    from .evaluation.figures import Choice  # noqa: PLC0415 - as above
    from .evaluation.outcome import Question  # noqa: PLC0415 - as above
    from .evaluation.report import Wishes, figures, write  # noqa: PLC0415 - as above
    from .evaluation.span_types import looked_for, read_types  # noqa: PLC0415 - as above

    if show_texts and html is None:
        raise SettingError("option --show-texts: there is no report to put them into; give --html")
    families = _families(family)
    categories = {rule.category for rule in load_packs()}
    if names:
        names_model()  # says at once where it is not installed
        categories |= {f"pii.{kind}" for kind in NAME_KINDS}
    sought = looked_for(read_types(types), categories, families)
    question = Question(families, direction, role, sought, names)
    wishes = Wishes(
        question=question,
        choice=Choice(
            scores=sorted({*(threshold or (() if at_fpr else (0.0,)))}),
            rates=sorted({*(at_fpr or ())}),
            pool=calibrate or (),
            sought=[*question.types],
            together=_pooled(span_type, question.types),
        ),
        by=[each.value for each in by or ()],
        json=json,
        html=html,
        page=page,
        heading=_heading(question.families, models, names=names),
    )
    tallies = _judged(data, question, models, jobs or os.cpu_count() or 1, show=show_texts)
    write(wishes, figures(wishes, tallies), tallies, console())


def _families(named: list[str] | None) -> frozenset[str]:
    from ..detection.rules import FAMILIES  # noqa: PLC0415 - as above

    for name in named or ():
        if name not in FAMILIES:
            raise SettingError(
                f"option --family: {name}: there is no such family; there are {', '.join(FAMILIES)}"
            )
    return frozenset(named or ())


def _pooled(named: list[str] | None, sought: "SpanTypes") -> list[str]:
    for name in named or ():
        if name not in sought:
            known = ", ".join(sought) or "none"
            raise SettingError(f"option --span-type: {name}: nothing looks for it; looked for: {known}")
    return named or []


def _judged(
    data: list[Path], question: "Question", models: Models, jobs: int, *, show: bool
) -> "dict[str, Tally]":
    from .evaluation.models import WithModels  # noqa: PLC0415 - as above
    from .evaluation.outcome import Judge, Judging  # noqa: PLC0415 - as above
    from .evaluation.run import Evaluation  # noqa: PLC0415 - as above
    from .evaluation.sources import data_files  # noqa: PLC0415 - as above
    from .local_core import local_core  # noqa: PLC0415 - as above

    files = data_files(data)
    before = accumulate((file.size for file in files), initial=0)
    begins = {file.name: start for file, start in zip(files, before, strict=False)}
    judge: Judging = Judge(local_core(), question)
    if models is not Models.NONE:
        judge = WithModels(judge, question, models)
    evaluation = Evaluation(judge, question, show=show)
    with progress(sum(file.size for file in files), size=True) as report:
        return evaluation.run(
            files, jobs, lambda file, position: report(begins[file.name] + position, file.name)
        )


def _heading(families: frozenset[str], models: Models, *, names: bool) -> str:
    named = ", ".join(f"`{name}`" for name in sorted(families)) or "all families"
    day = datetime.now(UTC).date().isoformat()
    read = "" if models is Models.NONE else f", models: {models}"
    return f"Sluicegate {__version__}, {day}, {named}{read}{', names' if names else ''}."
