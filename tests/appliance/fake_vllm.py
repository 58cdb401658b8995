"""Stands in for vLLM: a program with its command line and the routes that are asked of it.

fake_vllm.py serve PATH --served-model-name NAME --host HOST --port PORT [more]

More are ``--end CODE``, ``--say TEXT`` and ``--name NAME`` of another model.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OPTIONS = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=False))
_NAME = _OPTIONS.get("--name", _OPTIONS["--served-model-name"])
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
        message = {"role": "assistant", "content": _OPTIONS.get("--say", "safe")}
        known = self.headers["authorization"] == f"Bearer {_KEY}" and asked["model"] == _NAME
        self._answer(200 if known else 401, {"choices": [{"message": message, "finish_reason": "stop"}]})

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
    if "--end" in _OPTIONS:
        sys.exit(int(_OPTIONS["--end"]))
    ThreadingHTTPServer((_OPTIONS["--host"], int(_OPTIONS["--port"])), _Handler).serve_forever()
