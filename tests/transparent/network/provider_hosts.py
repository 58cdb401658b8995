"""Providers under their own names over TLS, for one network namespace. Run by path.

    provider_hosts.py ADDRESS CERTIFICATE

Reads the name that a client asks for and passes the connection on to the fake of that provider. Says
``ready`` when it listens; every name that was asked for is printed on a line, and so is every text that
came, as JSON behind ``heard``.
"""

import asyncio
import contextlib
import json
import ssl
import sys
from collections.abc import Callable

import websockets
from websockets.asyncio.server import ServerConnection, serve

from tests.fakes import anthropic_api, gemini_api
from tests.fakes.http_server import Answer, HttpServer, Received
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import Reply, say

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"


class Anthropic(anthropic_api.FakeAnthropic):
    """Takes every key: the package sends one that is not Anthropic's own as a bearer token."""

    def _answer(self, request: Received) -> Answer:
        return self.script(request)


def hear(text: str) -> str:
    say_aloud(f"heard {json.dumps(text)}")
    return text


def echo_openai(request: Received) -> Reply:
    text = hear(request.body["messages"][-1]["content"])
    return say(f"Of course: {SECRET} and more" if text == "Leak" else text)


def echo_anthropic(request: Received) -> Answer:
    text = hear(request.body["messages"][-1]["content"])
    parts = ["Of course: ", SECRET, " and more"] if text == "Leak" else [text]
    return anthropic_api.stream(parts) if request.body.get("stream") else anthropic_api.whole("".join(parts))


def echo_gemini(request: Received) -> Answer:
    text = hear(request.body["contents"][-1]["parts"][0]["text"])
    return gemini_api.answered(request, {"text": f"Of course: {SECRET} and more" if text == "Leak" else text})


def echo_bytes(request: Received) -> Answer:
    hear(request.text)
    return Answer([request.raw or b'{"quiet":true}'])


async def echo_socket(socket: ServerConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in socket:
            leaks = hear(str(message)) == "Leak"
            await socket.send(f"Of course: {SECRET} and more" if leaks else message)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def front(
    ports: dict[str, int],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None]"]:
    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = names.pop(writer.get_extra_info("ssl_object"), "")
        say_aloud(name)
        onward = await asyncio.open_connection("127.0.0.1", ports[name])
        await asyncio.gather(pipe(reader, onward[1]), pipe(onward[0], writer))

    return lambda reader, writer: asyncio.ensure_future(serve_one(reader, writer))


names: dict[object, str] = {}


def say_aloud(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def remember(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
    names[connection] = name or ""


async def main(address: str, certificate: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = remember
    openai, anthropic, gemini = FakeOpenAI(), Anthropic(), gemini_api.FakeGemini()
    quiet = HttpServer(echo_bytes)
    with openai, anthropic, gemini, quiet:
        openai.script, anthropic.script, gemini.script = echo_openai, echo_anthropic, echo_gemini
        async with serve(echo_socket, "127.0.0.1", 0) as sockets:
            ports = {
                "api.openai.com": int(openai.base_url.split(":")[2].split("/")[0]),
                "api.anthropic.com": int(anthropic.base_url.split(":")[2]),
                "generativelanguage.googleapis.com": int(gemini.base_url.split(":")[2].split("/")[0]),
                "quiet.example": quiet.port,
                "socket.example": next(iter(sockets.sockets)).getsockname()[1],
            }
            server = await asyncio.start_server(front(ports), address, 443, ssl=context)
            say_aloud("ready")
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
