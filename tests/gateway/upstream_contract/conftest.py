"""Every test here runs on both loops."""

from tests.gateway.loops import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
