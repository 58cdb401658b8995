"""Results in a Markdown page: what stands between two markers is replaced, the rest is kept."""

from pathlib import Path

from ..errors import SettingError


def put(page: Path, section: str, text: str) -> None:
    """Write `text` between the markers of a section. Raises `SettingError` where there is none, `OSError`."""
    before, begin, rest = page.read_text("utf-8").partition(_mark(section))
    _, end, after = rest.partition(_mark(f"/{section}"))
    if not begin or not end:
        raise SettingError(f"{page}: no markers {_mark(section)} ... {_mark('/' + section)}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def _mark(name: str) -> str:
    return f"<!-- bench:{name} -->"
