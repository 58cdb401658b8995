"""``sluicegate policy``: try a policy before it is in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_terminal import console, grid
from .errors import SettingError

if TYPE_CHECKING:
    from ..detection.policy_tests import Outcome

policies = typer.Typer(help="Try policies before they are in force.", no_args_is_help=True)

_FAILED = 1


@policies.callback()
def _group() -> None:
    """Keep a group of one command a group."""


@policies.command()
def test(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy file with tests.")],
) -> None:
    """Run the tests that a policy file carries along; exit with 1 when one fails."""
    from ..detection.policy_tests import run_tests  # noqa: PLC0415 - help and errors need not wait for it
    from .chosen_policy import policy_from  # noqa: PLC0415 - as above
    from .local_core import local_core  # noqa: PLC0415 - as above

    policy = policy_from(file)
    if not policy.cases:
        raise SettingError(f"{file}: holds no tests")
    outcomes = run_tests(policy, local_core())
    failed = sum(not outcome.passed for outcome in outcomes)
    heads = ("Test", "Result", "What became of it")
    console().print(
        grid(f"Policy {policy.name}", heads, [_row(outcome) for outcome in outcomes], right=False)
    )
    typer.echo(f"{len(outcomes) - failed:,} of {len(outcomes):,} tests passed.")
    if failed:
        raise typer.Exit(_FAILED)


def _row(outcome: "Outcome") -> tuple[str, str, str]:
    name = f"{outcome.case.expected} {outcome.number}"
    told = str(outcome).removeprefix(name).strip()
    return name, "passed" if outcome.passed else "FAILED", told
