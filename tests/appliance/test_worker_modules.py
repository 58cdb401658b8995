"""What a worker has imported by the end of its life, after it served."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.appliance import KEY, environment, until

HEAVY = (
    "aiosqlite alembic asyncpg greenlet httpx itsdangerous jinja2 sqlalchemy sqlite3 sqlmodel starlette"
    " starlette_admin uvicorn"
).split()
"""pydantic is not among them: the library of the command line brings it."""
PROGRAM = """
import json, sys
from pathlib import Path
from sluicegate.appliance import worker
from sluicegate.appliance.cli import main

serve = worker.serve

def noted(*arguments):
    serve(*arguments)
    Path("modules.json").write_text(json.dumps([name for name, module in sys.modules.items() if module]))

worker.serve = noted
sys.argv = ["sluicegate", "up"]
main()
"""


def test_a_worker_knows_no_database_no_web_framework_and_no_http_library(tmp_path: Path) -> None:
    output = tmp_path / "stdout.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=tmp_path,
            env=environment(tmp_path / "var", api_key=KEY),
            stdout=file,
            stderr=subprocess.DEVNULL,
        )
    try:
        until(lambda: "Policy:" in output.read_text() or None, "the appliance to be ready")
        (place,) = re.findall(r"Gateway: +(\S+)", output.read_text())
        body = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": "a@b.example"}]}
        headers = {"authorization": f"Bearer {KEY}"}
        assert httpx.post(f"{place}/chat/completions", json=body, headers=headers).status_code == 200
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    modules = json.loads((tmp_path / "modules.json").read_text())
    assert "sluicegate.gateway.proxy" in modules
    assert [name for name in modules if name.partition(".")[0] in HEAVY] == []
