"""The picture of a run: bars with their spread on a logarithmic scale, written as SVG by hand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .figures import Spread, spread
from .summary import ByRound, Summary

_WIDTH, _LABEL, _BAR, _ROW, _HEAD, _GAP = 760, 130, 540, 24, 46, 18
_LEAST = 10
"""Where bars begin: a logarithmic scale has no zero, and less is not told apart here."""
_FONT = 'font-family="system-ui, sans-serif" font-size="13"'
_INK, _MUTED, _LINE, _OURS, _OTHERS = "#1f2933", "#6b7785", "#e3e8ee", "#0b7285", "#a5b4c3"
_SMALL = f'text-anchor="middle" font-size="11" fill="{_MUTED}"'


@dataclass(frozen=True, slots=True)
class Panel:
    """A title and a bar for each name."""

    title: str
    bars: Sequence[tuple[str, Spread]]

    @property
    def height(self) -> int:
        """Points it takes."""
        return _HEAD + _ROW * len(self.bars) + _GAP


def draw(panels: Sequence[Panel]) -> str:
    """Return the picture. It has its own ground, so that it can be read on any page."""
    shown = [panel for panel in panels if panel.bars]
    height = sum(panel.height for panel in shown) + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    top = _GAP
    for panel in shown:
        parts += _panel(panel, top)
        top += panel.height
    return "\n".join([*parts, "</svg>", ""])


def panels(summary: Summary) -> list[Panel]:
    """Return what is worth a picture: cost, and what is waited for it."""

    def bars(figures: Sequence[tuple[str, ByRound]]) -> list[tuple[str, Spread]]:
        found = [(name, spread([*values.values()])) for name, values in figures]
        return [(name, value) for name, value in found if value is not None and name != "direct"]

    names = summary.subjects
    return [
        Panel(
            "CPU a request, 16 at once: microseconds",
            bars([(name, summary.cpu(name, "plain-16")) for name in names]),
        ),
        Panel(
            "Added median latency, one at a time: microseconds",
            bars([(name, summary.added(name, "plain-1")) for name in names]),
        ),
        Panel(
            "Added median latency of a frame, 16 streams: microseconds",
            bars([(name, summary.added(name, "stream-16")) for name in names]),
        ),
    ]


def _panel(panel: Panel, top: int) -> list[str]:
    decades = max(
        1, math.ceil(math.log10(max(_LEAST * 10, *(value.most for _, value in panel.bars)) / _LEAST))
    )
    step = _BAR / decades
    bottom = top + _HEAD + _ROW * len(panel.bars)
    parts = [f'<text x="12" y="{top + 12}" font-weight="600" fill="{_INK}">{escape(panel.title)}</text>']
    for number in range(decades + 1):
        x = _LABEL + number * step
        parts += [
            f'<path d="M{x:.1f} {top + _HEAD - 4}V{bottom}" stroke="{_LINE}"/>',
            f'<text x="{x:.1f}" y="{top + _HEAD - 8}" {_SMALL}>{_LEAST * 10**number:,}</text>',
        ]
    for index, (name, value) in enumerate(panel.bars):
        parts += _bar(name, value, step, top + _HEAD + index * _ROW)
    return parts


def _bar(name: str, value: Spread, step: float, top: int) -> list[str]:
    middle, least, most = (
        math.log10(max(_LEAST, part) / _LEAST) * step for part in (value.middle, value.least, value.most)
    )
    colour = _OURS if name.startswith("guarded") else _OTHERS
    centre, end = top + _ROW // 2 - 3, _LABEL + max(most, middle) + 8
    return [
        f'<text x="{_LABEL - 8}" y="{centre + 4}" text-anchor="end" fill="{_INK}">{escape(name)}</text>',
        f'<rect x="{_LABEL}" y="{top}" width="{middle:.1f}" height="{_ROW - 7}" rx="2" fill="{colour}"/>',
        f'<path d="M{_LABEL + least:.1f} {centre}H{_LABEL + most:.1f}" stroke="{_INK}"/>',
        f'<text x="{end:.1f}" y="{centre + 4}" fill="{_MUTED}">{value.middle:,.0f}</text>',
    ]
