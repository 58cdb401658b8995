"""What the proxy itself answers: how to trust its certificates. Under a name that leads nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of the proxy's own."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class InstallPage:
    """Serves a page and the files it links to. `files` are name to content type and content."""

    def __init__(self, page: str, files: Mapping[str, tuple[str, bytes]]) -> None:
        self._page = page.encode()
        self._files = files

    def answer(self, target: str) -> Served:
        """Return the answer to a request for a path."""
        name = target.partition("?")[0].lstrip("/")
        if not name:
            return _served(200, "text/html; charset=utf-8", self._page)
        found = self._files.get(name)
        if found is None:
            return _served(404, "text/plain; charset=utf-8", b"There is no such file here.\n")
        kind, content = found
        return _served(200, kind, content, {"content-disposition": f'attachment; filename="{name}"'})


def _served(status: int, kind: str, content: bytes, more: Mapping[str, str] | None = None) -> Served:
    headers = {
        "content-type": kind,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return Served(status, content, headers | dict(more or {}))
