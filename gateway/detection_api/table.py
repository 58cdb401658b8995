"""Which handler a method and a path lead to."""

from collections.abc import Iterable, Mapping
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
        given = path.split("/")
        for steps, known in self._templates:
            names = _match(steps, given)
            if names is not None:
                return known, names
        return None


def _match(steps: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    if len(steps) != len(given):
        return None
    names: dict[str, str] = {}
    for step, value in zip(steps, given, strict=True):
        if step.startswith("{"):
            if not 0 < len(value) <= LONGEST_PARAMETER:
                return None
            names[step[1:-1]] = unquote(value)
        elif step != value:
            return None
    return names
