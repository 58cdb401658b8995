"""Results in a Markdown page: what stands between two markers is replaced, the rest is kept."""

from pathlib import Path

from ..errors import SettingError


def put(page: Path, section: str, text: str, *, kind: str = "bench") -> None:
    """Write `text` between the markers of a section. Raises `SettingError` where there is none, `OSError`."""
    first, last = _mark(kind, section), _mark(kind, f"/{section}")
    before, begin, rest = page.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise SettingError(f"{page}: no markers {first} ... {last}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def _mark(kind: str, name: str) -> str:
    return f"<!-- {kind}:{name} -->"
