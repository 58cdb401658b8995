"""`sluicegate audit verify`: says that the record holds, or where it does not."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.appliance import RunningAppliance, command, environment, started, until


def _rows(running: RunningAppliance, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(running.data_dir / "sluicegate.db", isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def test_the_record_of_a_running_appliance_holds_until_somebody_changes_it(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        names = [running.ask(f"hello {number}").headers["x-sluicegate-request-id"] for number in range(3)]
        count = "SELECT count(*) FROM detection_results WHERE chain_number > 0"
        until(lambda: _rows(running, count) == [(3,)] or None, "three entries")
        verified = running.run("audit", "verify")
        assert (verified.returncode, verified.stdout) == (0, "")
        assert verified.stderr.endswith("The audit chain holds.\n")
        _rows(running, "UPDATE detection_results SET action = 'block' WHERE chain_number = 2")
        verified = running.run("audit", "verify")
        assert (verified.returncode, verified.stdout) == (1, "")
        assert verified.stderr == (
            f"sluicegate: the audit chain is broken at entry 2 (request {names[1]}): "
            "the entry is not what was written\n"
        )


def test_where_nothing_was_started_there_is_nothing_to_verify(tmp_path: Path) -> None:
    ran = command("audit", "verify", folder=tmp_path, env=environment(tmp_path / "var"))
    assert ran.returncode == 1
    assert "no appliance was started" in ran.stderr
