"""A request that ends before it becomes an exchange."""

from ..detection.errors import BadInput
from .asgi import Headers


class Rejected(BadInput):
    """Refused at the door. `reason` is the metrics label, `headers` go out with the answer."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        reason: str,
        param: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, param=param)
        self.reason = reason
        self.headers: Headers = headers or []
