"""What senders are told when nobody listens any more."""


class AnswerOver(OSError):
    """The client got all it will get: an app that goes on sending is told like of a lost client."""


class ClientGone(OSError):
    """The server says that nobody is there to send to."""


class ClientLeft(ClientGone):
    """The client went away while models were asked; its exchange is recorded."""
