"""Results as one HTML file that asks nobody for anything: tables, pictures, and texts on request."""

from collections.abc import Iterable, Mapping
from html import escape

from .figures import Results
from .plots import curve, shares
from .tables import Table
from .tally import Shown, Tally

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --muted: #5f6b7a; --line: #d9e0e7; --ground: #fff;
  --good: #0b7285; --bad: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --muted: #9aa7b5; --line: #35414d;
  --ground: #14191f; --good: #4fc3d9; --bad: #fb923c; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
p { color: var(--muted); } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .title { font-weight: 600; } svg .small { font-size: 11px; fill: var(--muted); text-anchor: middle; }
svg .grid { stroke: var(--line); fill: none; } svg .frame { stroke: var(--line); fill: none; }
svg .curve { stroke: var(--good); stroke-width: 2; fill: none; }
svg .good { fill: var(--good); stroke: var(--good); } svg .bad { fill: var(--bad); stroke: var(--bad); }
.curves { display: flex; flex-wrap: wrap; gap: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line);
  padding-left: .8rem; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report(heading: str, found: Results, tables: Iterable[Table], tallies: Mapping[str, Tally]) -> str:
    """Return the report as a page. Texts stand in it only where the tallies kept some."""
    parts = [
        f"<h2>At the threshold: {escape(item.name)}</h2>{shares(found, number)}"
        for number, item in enumerate(found.thresholds)
    ]
    curves = "".join(curve(item) for item in found.files if item.curve)
    parts += [f'<h2>Recall over false positives</h2><div class="curves">{curves}</div>'] if curves else []
    parts += [section(table) for table in tables]
    parts += _texts(tallies)
    return page("How well detection works", heading, parts)


def page(title: str, heading: str, parts: Iterable[str]) -> str:
    """Return a page of parts that are HTML already; title and heading are text."""
    body = [f"<h1>{escape(title)}</h1><p>{escape(heading)} Intervals are at 95 %.</p>", *parts]
    return _PAGE.format(policy=_POLICY, style=_STYLE, title=escape(title), body="\n".join(body))


def section(table: Table) -> str:
    """Return a table under its title."""
    heads = "".join(f"<th>{escape(head)}</th>" for head in table.heads)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in table.rows)
    return (
        f'<h2>{escape(table.title)}</h2><div class="wide"><table><thead><tr>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _texts(tallies: Mapping[str, Tally]) -> list[str]:
    shown = [(name, item) for name, tally in tallies.items() for item in tally.shown]
    return ["<h2>Judged wrongly</h2>", *(_text(name, item) for name, item in shown)] if shown else []


def _text(name: str, item: Shown) -> str:
    rules = ", ".join(item.rules) or "nothing found"
    place = f"{name}:{item.number}, {item.category}, {item.side.value}: {rules}"
    return f"<p>{escape(place)}</p><pre>{escape(item.text)}</pre>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
