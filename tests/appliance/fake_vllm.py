"""Stands in for vLLM: a program with its command line and the routes that are asked of it.

fake_vllm.py serve PATH --served-model-name NAME --host HOST --port PORT [more]

More are ``--beside yes`` for a process beside, ``--end CODE``, ``--say TEXT`` and ``--name NAME`` of another
model. A file ``mode`` in PATH may hold ``error``, ``garbage`` or ``hang``; else what holds the word FORBIDDEN
is unsafe, S9.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_OPTIONS = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=False))
_NAME = _OPTIONS.get("--name", _OPTIONS["--served-model-name"])
_MODE = Path(sys.argv[2]) / "mode"
_KEY = os.environ["VLLM_API_KEY"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer(200, {})
        elif self.headers["authorization"] == f"Bearer {_KEY}":
            self._answer(200, {"object": "list", "data": [{"id": _NAME, "object": "model"}]})
        else:
            self._answer(401, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        sys.stdout.write(f"asked {asked}\n")
        sys.stdout.flush()
        mode = _MODE.read_text() if _MODE.exists() else ""
        known = self.headers["authorization"] == f"Bearer {_KEY}" and asked["model"] == _NAME
        if mode == "hang":
            threading.Event().wait()
        said = (
            "unsafe\nS9" if "FORBIDDEN" in asked["messages"][0]["content"] else _OPTIONS.get("--say", "safe")
        )
        message = {"role": "assistant", "content": "I think so." if mode == "garbage" else said}
        status = 500 if mode == "error" else 200 if known else 401
        self._answer(status, {"choices": [{"message": message, "finish_reason": "stop"}]})

    def _answer(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing of its own."""


if __name__ == "__main__":
    sys.stdout.write(f"loading {sys.argv[2]}\n")
    sys.stdout.flush()
    if "--beside" in _OPTIONS:
        subprocess.Popen([sys.executable, "-I", "-c", "import threading; threading.Event().wait()"])
    if "--end" in _OPTIONS:
        sys.exit(int(_OPTIONS["--end"]))
    ThreadingHTTPServer((_OPTIONS["--host"], int(_OPTIONS["--port"])), _Handler).serve_forever()
