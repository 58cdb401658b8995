"""The faults a client of upstreams raises, in words that hold nothing of what was sent."""

from ...detection.errors import UpstreamFault


def broken(message: str = "The upstream broke off or does not speak HTTP.") -> UpstreamFault:
    """What came is not an answer: 502, ``upstream_protocol``."""
    return UpstreamFault(message, code="upstream_protocol")


def late(message: str = "The upstream did not answer in time.") -> UpstreamFault:
    """A time limit passed: 504, ``upstream_timeout``."""
    return UpstreamFault(message, code="upstream_timeout", status=504)


def unreachable(message: str = "The upstream cannot be reached.") -> UpstreamFault:
    """No connection came about: 502, ``upstream_unreachable``."""
    return UpstreamFault(message, code="upstream_unreachable")
