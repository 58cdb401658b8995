"""The appliance as the benchmark starts it: the command line with other rules, or with less.

Run as ``python -m sluicegate.appliance.bench.own_process WHAT up ...``. WHAT is a number of rules,
``unguarded`` or ``proxy``. The product has no setting for any of it, so the names that build those
parts are replaced before anything asks for them.
"""

import sys
from contextlib import ExitStack
from unittest.mock import patch

from ...detection import core
from ...detection import rules as packs
from ...gateway import app as gateway_app
from .. import data_plane
from ..cli import main as command_line
from .filler import filled_packs
from .proxy_only import ProxyOnly, admit_everything
from .unguarded import build_passing

UNGUARDED, PROXY = "unguarded", "proxy"


def main() -> None:
    """Run the command line that follows WHAT."""
    what = sys.argv.pop(1)
    with ExitStack() as stack:
        if what in {UNGUARDED, PROXY}:
            stack.enter_context(patch.object(core, "build_inspector", build_passing))
        else:
            rules = filled_packs(int(what))
            stack.enter_context(patch.object(packs, "load_packs", lambda: rules))
        if what == PROXY:
            stack.enter_context(patch.object(gateway_app, "Guard", ProxyOnly))
            stack.enter_context(patch.object(data_plane, "Admission", admit_everything))
        command_line()


if __name__ == "__main__":
    main()
