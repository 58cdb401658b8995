"""Pictures of results, written as SVG by hand; colours come from the page they stand in."""

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from .figures import Figures, Results
from .intervals import Share

_WIDTH, _LABEL, _ROW, _HEAD, _PART = 760, 230, 22, 40, 240
_SQUARE, _EDGE = 200, 28
_LEAST_SCALE = 0.02
"""Shares are drawn up to this much or more, so that rounding does not fill the picture."""


def shares(found: Results, index: int) -> str:
    """Return recall and false positives of every data set at one threshold, with their intervals."""
    files = found.files
    recalls = [item.caught[index].recall for item in files]
    wrong = [item.caught[index].wrong for item in files]
    height = _HEAD + _ROW * len(files) + 8
    middle = _LABEL + _PART + 40
    names = [
        f'<text x="{_LABEL - 10}" y="{_line(number) + 4}" text-anchor="end">{escape(item.name)}</text>'
        for number, item in enumerate(files)
    ]
    parts = [
        *names,
        *_panel("Recall", recalls, _LABEL, "good", 1.0),
        *_panel("False positives", wrong, middle, "bad", _scale(wrong)),
    ]
    return _picture(_WIDTH, height, parts, "Recall and false positives by data set")


def _line(number: int) -> int:
    return _HEAD + _ROW * number + _ROW // 2


def _scale(values: Sequence[Share | None]) -> float:
    return min(1.0, max(_LEAST_SCALE, *(share.estimate.high for share in values if share), 0.0))


def _panel(title: str, values: Sequence[Share | None], left: int, kind: str, most: float) -> list[str]:
    bottom = _HEAD + _ROW * len(values)
    parts = [f'<text x="{left}" y="12" class="title">{title}</text>']
    for quarter in range(5):
        x = left + _PART * quarter / 4
        parts += [
            f'<path class="grid" d="M{x:.1f} {_HEAD - 4}V{bottom}"/>',
            f'<text x="{x:.1f}" y="{_HEAD - 10}" class="small">{most * quarter * 25:.3g} %</text>',
        ]
    for number, share in enumerate(values):
        if share is not None:
            parts += _whisker(share, left, _line(number), kind, lambda value: value / most * _PART)
    return parts


def _whisker(share: Share, left: int, y: int, kind: str, place: Callable[[float], float]) -> list[str]:
    found = share.estimate
    low, middle, high = (left + min(_PART, place(value)) for value in (found.low, found.value, found.high))
    told = f"{found.value:.2%} ({found.low:.2%} to {found.high:.2%}), {share.hits} of {share.count}"
    return [
        f'<g class="{kind}"><title>{told}</title>',
        f'<path d="M{low:.1f} {y}H{high:.1f}"/><circle cx="{middle:.1f}" cy="{y}" r="4"/></g>',
    ]


def curve(item: Figures) -> str:
    """Return the curve of one data set: recall over false-positive rate."""
    size = _SQUARE + 2 * _EDGE

    def place(point: tuple[float, float]) -> str:
        return f"{_EDGE + point[0] * _SQUARE:.1f},{_EDGE + (1 - point[1]) * _SQUARE:.1f}"

    area = "" if item.auroc is None else f"{item.auroc.value:.3f}"
    parts = [
        f'<rect class="frame" x="{_EDGE}" y="{_EDGE}" width="{_SQUARE}" height="{_SQUARE}"/>',
        f'<path class="grid" d="M{place((0, 0))}L{place((1, 1))}"/>',
        f'<polyline class="curve" points="{" ".join(map(place, item.curve))}"/>',
        f'<text x="{_EDGE}" y="18" class="title">{escape(item.name)}</text>',
        f'<text x="{_EDGE + _SQUARE - 6}" y="{_EDGE + _SQUARE - 8}" text-anchor="end">AUROC {area}</text>',
        f'<text x="{size // 2}" y="{size - 8}" class="small">false positives</text>',
        f'<text transform="translate(18 {size // 2}) rotate(-90)" class="small">recall</text>',
    ]
    return _picture(size, size, parts, f"Curve of {item.name}")


def _picture(width: int, height: int, parts: Sequence[str], title: str) -> str:
    head = f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(title)}">'
    return "\n".join([head, *parts, "</svg>"])
