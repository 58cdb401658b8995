"""The ``sluicegate`` command.

Exit codes: 0, 1 for a failure, 2 for wrong usage or configuration. An error is one line on stderr.
What a command needs is imported when it runs: help and errors come at once.
"""

import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from .. import __version__
from ..detection.errors import SluicegateError
from .cli_audit import audit
from .cli_bans import bans
from .cli_bench import bench
from .cli_ca import authority
from .cli_engine import engine
from .cli_eval import evaluate
from .cli_intercept import interception
from .cli_keys import keys
from .cli_known import known
from .cli_options import ConfigOption, DataDirOption, HostOption, WorkersOption, read_settings
from .cli_packs import packs
from .cli_policy import policies
from .cli_routes import routes
from .cli_scan import scan
from .cli_serve import serve
from .cli_strike import strike
from .cli_unseal import unseal
from .cli_upstream import upstream
from .cli_warmup import warmup

app = typer.Typer(
    name="sluicegate",
    help="One appliance between an organisation and every LLM it uses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys, name="key")
app.add_typer(bans, name="ban")
app.add_typer(audit, name="audit")
app.add_typer(bench, name="bench")
app.add_typer(engine, name="engine")
app.add_typer(policies, name="policy")
app.add_typer(packs, name="pack")
app.add_typer(upstream, name="upstream")
app.add_typer(interception, name="intercept")
app.add_typer(authority, name="ca")
app.command()(scan)
app.command()(serve)
app.command()(warmup)
app.command()(strike)
app.command("eval")(evaluate)
app.command()(unseal)
app.command()(known)
app.command()(routes)

_FAILURE, _USAGE = 1, 2


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"sluicegate {__version__}")
        raise typer.Exit


@app.command()
def up(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    workers: WorkersOption = None,
) -> None:
    """Start the appliance: web admin, detection API and gateway."""
    _serve(config=config, data_dir=data_dir, host=host, workers=workers)


@app.command()
def demo(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    workers: WorkersOption = None,
) -> None:
    """Start the appliance with the built-in demo upstream, beside others if there are any."""
    _serve(config=config, data_dir=data_dir, host=host, workers=workers, demo=True)


def main() -> NoReturn:
    """Run the command line and exit."""
    sys.exit(_run())


def _serve(**options: Any) -> None:
    settings = read_settings(**options)
    from .serve import run  # noqa: PLC0415 - half a second that help and usage errors need not wait

    run(settings, lambda: read_settings(**options))


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        return _say(error.format_message(), error.exit_code)
    except SluicegateError as error:
        return _say(str(error), _code_of(error))
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", _FAILURE)
    except BrokenPipeError:
        # Whoever read our output went away; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILURE
    except Exception as error:  # noqa: BLE001 - the last line of defence: one line instead of a traceback
        from ..middleware.faults import describe  # noqa: PLC0415 - it comes with the guard, half of all there is

        return _say(f"internal error: {describe(error)}", _FAILURE)
    return code if isinstance(code, int) else 0


def _code_of(error: SluicegateError) -> int:
    """Wrong words on the command line are wrong usage, whoever notices."""
    exit_code = getattr(error, "exit_code", None)
    if isinstance(exit_code, int):
        return exit_code
    code = getattr(error, "code", "")
    return _USAGE if code.startswith("bad_") or code == "key_too_short" else _FAILURE


def _say(message: str, code: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"sluicegate: {line}\n")
    return code
