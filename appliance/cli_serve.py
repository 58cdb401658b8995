"""``sluicegate serve --sidecar``: the detection API beside one app."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .errors import SettingError

KEY_VARIABLE = "SLUICEGATE_REMOTE_KEY"
PORT = 5001

_SidecarOption = Annotated[
    bool, typer.Option("--sidecar", help="Serve the detection API alone, for one app.")
]
_RemoteOption = Annotated[
    str,
    typer.Option("--remote", metavar="URL", help="The appliance's detection API, https beyond this machine."),
]
_KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file", metavar="FILE", help=f"Holds a key of the application; {KEY_VARIABLE} otherwise."
    ),
]
_StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="DIR", help="For policies and records that wait; your own cache otherwise."
    ),
]
_CaOption = Annotated[
    Path | None, typer.Option("--ca", metavar="FILE", help="Certificates to trust in place of the system's.")
]
_HostOption = Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")]
_PortOption = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="Port to listen on.")
]


def serve(
    remote: _RemoteOption,
    sidecar: _SidecarOption = False,
    key_file: _KeyFileOption = None,
    state: _StateOption = None,
    ca: _CaOption = None,
    host: _HostOption = "127.0.0.1",
    port: _PortOption = PORT,
) -> None:
    """Serve the detection API beside one app, under the policies of an appliance.

    It has no database and no web admin: policies are pulled, the record is pushed. The app has the same key.
    """
    if not sidecar:
        raise SettingError("serve: needs --sidecar; sluicegate up starts an appliance")
    key = _key(key_file)
    from ..middleware.remote.remote import Remote  # noqa: PLC0415 - help and errors need not wait for it
    from .logging import configure  # noqa: PLC0415 - as above
    from .sidecar import run_sidecar  # noqa: PLC0415 - as above

    configure("info", "auto")
    source = Remote(remote, key, state=state, ca=ca)
    run_sidecar(source, key, host, port)


def _key(file: Path | None) -> str:
    if file is None:
        key = os.environ.get(KEY_VARIABLE, "")
    else:
        try:
            key = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingError(f"--key-file: {file}: cannot be read") from None
    if not key:
        raise SettingError(f"serve: no key; give --key-file or {KEY_VARIABLE}")
    return key
