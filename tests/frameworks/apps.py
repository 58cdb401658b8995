"""The same small app in seven frameworks, as its author would write it: a question, a stream, a WebSocket."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from sluicegate.middleware import Fields, GuardMiddleware, Messages, WsgiGuard

ASK = Fields(["/question"], ["/answer"], ends="/done")
ROUTES: dict[str, Any] = {"/ask": ASK, "/stream": ASK, "/chat": Messages(["/question"], ["/answer"])}
GUARD: dict[str, Any] = {"policy": "balanced", "routes": ROUTES}


def answered(question: str) -> dict[str, str]:
    return {"answer": question, "seen": question}


def frames(question: str) -> Iterator[str]:
    for word in question.split(" "):
        yield f"data: {json.dumps({'answer': word + ' '})}\n\n"
    yield 'data: {"done": true}\n\n'


async def slowly(question: str) -> AsyncIterator[str]:
    for frame in frames(question):
        await asyncio.sleep(0)
        yield frame


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket

    async def ask(request: Request) -> JSONResponse:
        return JSONResponse(answered((await request.json())["question"]))

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(slowly((await request.json())["question"]), media_type="text/event-stream")

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        async for message in socket.iter_json():
            await socket.send_json(answered(message["question"]))

    posts = [Route("/ask", ask, methods=["POST"]), Route("/stream", stream, methods=["POST"])]
    return Starlette(
        routes=[*posts, WebSocketRoute("/chat", chat)], middleware=[Middleware(GuardMiddleware, **GUARD)]
    )


def fastapi() -> Any:
    from fastapi import Body, FastAPI, WebSocket
    from fastapi.responses import StreamingResponse

    app = FastAPI()
    app.add_middleware(GuardMiddleware, **GUARD)

    @app.post("/ask")
    async def ask(question: Annotated[str, Body(embed=True)]) -> dict[str, str]:
        return answered(question)

    @app.post("/stream")
    async def stream(question: Annotated[str, Body(embed=True)]) -> StreamingResponse:
        return StreamingResponse(slowly(question), media_type="text/event-stream")

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        async for message in socket.iter_json():
            await socket.send_json(answered(message["question"]))

    return app


def litestar() -> Any:
    from litestar import Litestar, post, websocket_listener
    from litestar.middleware import DefineMiddleware
    from litestar.response import Stream

    @post("/ask", status_code=200)
    async def ask(data: dict[str, str]) -> dict[str, str]:
        return answered(data["question"])

    @post("/stream", status_code=200)
    async def stream(data: dict[str, str]) -> Stream:
        return Stream(slowly(data["question"]), media_type="text/event-stream")

    @websocket_listener("/chat")
    async def chat(data: dict[str, str]) -> dict[str, str]:
        return answered(data["question"])

    middleware: Any = GuardMiddleware  # Litestar types scopes more narrowly than ASGI does
    return Litestar([ask, stream, chat], middleware=[DefineMiddleware(middleware, **GUARD)])


def quart() -> Any:
    from quart import Quart, request, websocket

    app = Quart("own")
    inner: Any = app.asgi_app  # typed more narrowly than ASGI is
    setattr(app, "asgi_app", GuardMiddleware(inner, **GUARD))  # noqa: B010 - for the same reason

    @app.post("/ask")
    async def ask() -> dict[str, str]:
        return answered((await request.get_json())["question"])

    @app.post("/stream")
    async def stream() -> Any:
        question = (await request.get_json())["question"]
        return slowly(question), {"content-type": "text/event-stream"}

    @app.websocket("/chat")
    async def chat() -> None:
        while True:
            message = json.loads(await websocket.receive())
            await websocket.send(json.dumps(answered(message["question"])))

    return app


def django() -> Any:
    from django.conf import settings  # type: ignore[import-untyped] # Django has no types
    from django.core.asgi import get_asgi_application  # type: ignore[import-untyped] # Django has no types
    from django.http import HttpRequest, JsonResponse, StreamingHttpResponse  # type: ignore[import-untyped] # Django has no types
    from django.urls import path  # type: ignore[import-untyped] # Django has no types

    def ask(request: HttpRequest) -> JsonResponse:
        return JsonResponse(answered(json.loads(request.body)["question"]))

    async def stream(request: HttpRequest) -> StreamingHttpResponse:
        question = json.loads(request.body)["question"]
        return StreamingHttpResponse(slowly(question), content_type="text/event-stream")

    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of a test")
    sys.modules[__name__].__dict__["urlpatterns"] = [path("ask", ask), path("stream", stream)]
    return GuardMiddleware(get_asgi_application(), **GUARD)


def sanic() -> Any:
    from sanic import Request, Sanic
    from sanic.response import JSONResponse
    from sanic.response import json as as_json

    Sanic.test_mode = True
    app = Sanic("own", configure_logging=False)

    @app.post("/ask")
    async def ask(request: Request) -> JSONResponse:
        return as_json(answered(request.json["question"]))

    @app.post("/stream")
    async def stream(request: Request) -> None:
        answer = await request.respond(content_type="text/event-stream")
        async for frame in slowly(request.json["question"]):
            await answer.send(frame)
        await answer.eof()

    @app.websocket("/chat")  # type: ignore[untyped-decorator] # Sanic does not say
    async def chat(_: Request, socket: Any) -> None:
        while (message := await socket.recv()) is not None:
            await socket.send(json.dumps(answered(json.loads(message)["question"])))

    return GuardMiddleware(app, **GUARD)


def flask() -> Any:
    from flask import Flask, Response, request

    app = Flask("own")
    app.wsgi_app = WsgiGuard(app.wsgi_app, **GUARD)  # type: ignore[method-assign] # as Flask says to

    @app.post("/ask")
    def ask() -> dict[str, str]:
        return answered(request.json["question"])

    @app.post("/stream")
    def stream() -> Response:
        return Response(frames(request.json["question"]), content_type="text/event-stream")

    return app
