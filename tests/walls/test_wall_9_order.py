"""Wall 9: the record is closed before the last byte of any answer can leave."""

import pytest

from sluicegate.detection.testing import FakeInspector
from sluicegate.middleware.asgi import Message
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Connection, reply, scope
from tests.middleware.house import House


@pytest.mark.parametrize("kind", [b"application/json", b"text/event-stream", b"image/png"])
@pytest.mark.parametrize("word", ["fine", "bad"])
async def test_wall_9_closed_before_the_last_byte(kind: bytes, word: str) -> None:
    house = House(inspector=FakeInspector(block=(b"bad",)))
    recorded: list[int] = []
    connection = Connection([b'{"model":"%b"}' % word.encode()])

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            recorded.append(len(house.audit.entries))
        await connection.send(message)

    app = house.guard(reply(b"\xff{}", kind=kind))
    await app(scope(headers=[*AUTHORIZED, *JSON_TYPE]), connection.receive, send)
    assert recorded == [1]
