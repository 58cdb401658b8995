"""The two measures: the upstream without anything between, and nginx as a plain reverse proxy."""

import shutil
from dataclasses import dataclass

from .subject import Place, Running, free_port, spawn, wait_until_ready

_NGINX = """
daemon off;
worker_processes {workers};
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 100000000;
    client_body_buffer_size 64k;
    upstream bench {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location / {{ proxy_pass http://bench; }}
        location /stream/ {{ proxy_pass http://bench/; proxy_buffering off; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Direct:
    """The upstream itself."""

    name: str = "direct"
    about: str = "nothing between client and upstream"
    workers: int = 1

    def missing(self) -> str:
        """Nothing is."""
        return ""

    def start(self, place: Place) -> Running:
        """The upstream runs already."""
        return Running(place.upstream)


@dataclass(frozen=True, slots=True)
class Nginx:
    """nginx: keep-alive on both sides, no log. Answers are buffered, event streams are not."""

    name: str = "nginx"
    about: str = "reverse proxy, keep-alive both ways, no log"
    workers: int = 1

    def missing(self) -> str:
        """Say whether the program is there."""
        return "" if _program() else "no nginx on this machine"

    def start(self, place: Place) -> Running:
        """Start it with a configuration of its own, away from the system's."""
        port = free_port()
        text = _NGINX.format(
            workers=self.workers,
            upstream=place.upstream,
            port=port,
        )
        (place.folder / "nginx.conf").write_text(text)
        command = [_program(), "-p", str(place.folder), "-c", "nginx.conf", "-e", "stderr"]
        process = spawn(command, place.folder)
        # Its port accepts before there is a worker to be counted: wait for an answer.
        wait_until_ready(process, place.folder, port, "/")
        return Running(port, process=process, streams="/stream")


def _program() -> str:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""
