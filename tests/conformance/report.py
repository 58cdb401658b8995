"""Put every SDK through the kit and write the table of docs/compatibility.md: ``make conformance``."""

import sys

from tests.conformance import page
from tests.conformance.kit import put_through
from tests.conformance.sdks import SDKS
from tests.conformance.verdict import all_faults
from tests.support.compiled_rules import keep_compiled


def main() -> int:
    """Write the page when nothing is wrong; else say what is."""
    keep_compiled()
    rows, wrong = {}, 0
    for sdk in SDKS:
        version, cells = put_through(sdk)
        rows[sdk.name] = page.row(sdk.name, version, cells)
        found = all_faults(sdk, cells)
        wrong += len(found)
        sys.stdout.write(f"{sdk.name} {version}: {found or 'as it should be'}\n")
        sys.stdout.flush()
    if not wrong:
        page.write(rows)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
