"""Which handler a method and a path lead to."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from urllib.parse import unquote

from ...middleware.asgi import Scope
from ...middleware.paths import canonical
from ...middleware.routes import unknown_method, unknown_route
from .call import Operation

LONGEST_PARAMETER = 200
"""Characters of the part of a path that stands for a template's name."""


class OperationTable:
    """Operations by path. A template ``/a/{b}/c`` fits any one segment in the place of ``{b}``."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._templates: list[tuple[tuple[str, ...], dict[str, Operation]]] = []
        for operation in self.operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        if "{" not in operation.path:
            methods = self._fixed.setdefault(operation.path, {})
        else:
            steps = tuple(operation.path.split("/"))
            methods = next((known for path, known in self._templates if path == steps), {})
            if not methods:
                self._templates.append((steps, methods))
        if methods.setdefault(operation.method, operation) is not operation:
            raise ValueError(f"{operation.method} {operation.path} is listed twice")

    def owns(self, path: str) -> bool:
        """Say whether any operation has this path, as it stands in a request line."""
        return self._look(path) is not None

    def find(self, scope: Scope) -> tuple[Operation, Mapping[str, str]]:
        """Return the operation of a request and what its path names.

        Raises `Rejected`: 400 for a path that is not canonical, 404 for one that matches nothing, 405
        with ``Allow`` for a method that the path does not know.
        """
        found = self._look(canonical(scope).decode("ascii"))
        if found is None:
            raise unknown_route()
        methods, names = found
        operation = methods.get(scope["method"])
        if operation is None:
            raise unknown_method(methods)
        return operation, names

    def _look(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        methods = self._fixed.get(path)
        if methods is not None:
            return methods, {}
        fits = self._forms.fullmatch(path)
        if fits is None or fits.lastindex is None:
            return None
        steps, known = self._templates[fits.lastindex - 1]
        return known, _names(steps, path)

    @cached_property
    def _forms(self) -> re.Pattern[str]:
        """All templates in one expression, a group each: every request of the gateway is asked about."""
        return re.compile("|".join(f"({_form(steps)})" for steps, _ in self._templates) or "(?!)", re.DOTALL)


def _form(steps: tuple[str, ...]) -> str:
    parameter = f"[^/]{{1,{LONGEST_PARAMETER}}}"
    return "/".join(parameter if step.startswith("{") else re.escape(step) for step in steps)


def _names(steps: tuple[str, ...], path: str) -> dict[str, str]:
    given = zip(steps, path.split("/"), strict=True)
    return {step[1:-1]: unquote(value) for step, value in given if step.startswith("{")}
