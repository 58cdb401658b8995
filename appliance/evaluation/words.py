"""Figures as people read them."""

from .intervals import Estimate, Share

NOTHING = "-"


def percent(share: Share | None, *, interval: bool = True) -> str:
    """Return a share in percent with its interval: ``62.1 % (58.0 to 66.0)``."""
    if share is None or not share.count:
        return NOTHING
    shown = f"{_short(share.value)} %"
    found = share.estimate
    return f"{shown} ({_short(found.low)} to {_short(found.high)})" if interval else shown


def area(found: Estimate | None, *, interval: bool = True) -> str:
    """Return an area under the curve: ``0.713 (0.690 to 0.735)``."""
    if found is None:
        return NOTHING
    shown = f"{found.value:.3f}"
    return f"{shown} ({found.low:.3f} to {found.high:.3f})" if interval else shown


def _short(value: float) -> str:
    """Return percents with a digit behind the point, two where they are few."""
    number = value * 100
    return f"{number:.2f}" if 0 < number < 1 else f"{number:.1f}"
