"""What every worker keeps in memory, whatever its policies ask for."""

import subprocess
import sys

SELDOM_WANTED = ("numpy", "jwt", "onnxruntime", "phonenumbers", "httpx", "sqlalchemy", "pydantic")


def test_a_worker_imports_nothing_large_that_few_of_them_want() -> None:
    code = (
        "import sys, sluicegate.appliance.worker, sluicegate.detection.core\n"
        f"print(*[name for name in {SELDOM_WANTED!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
