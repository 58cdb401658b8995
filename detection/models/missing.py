"""What to say where a model's library or weights are not installed."""

from ..errors import SluicegateError


class ModelMissing(SluicegateError):
    """A small model cannot be loaded: says what is missing and how to install it."""

    def __init__(self, what: str):
        super().__init__(f"{what} is not installed: pip install 'sluicegate[models]'")
