"""The appliance as the benchmark starts it: the command line with other rules, or with none.

Run as ``python -m sluicegate.appliance.bench.own_process RULES up ...``. The product has no setting
for either, so the two names that build the core are replaced before anything asks for them.
"""

import sys
from unittest.mock import patch

from ...detection import core
from ..cli import main as command_line
from .filler import filled_packs
from .unguarded import build_passing


def main() -> None:
    """Run the command line that follows the number of rules; 0 inspects nothing."""
    count = int(sys.argv.pop(1))
    if count:
        rules = filled_packs(count)
        with patch.object(core, "load_packs", lambda: rules):
            command_line()
    with patch.object(core, "build_inspector", build_passing):
        command_line()


if __name__ == "__main__":
    main()
