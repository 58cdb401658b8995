"""The servers of the frameworks, each in a thread, on a free port, and gone at the end."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any


def bound() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@contextmanager
def by_uvicorn(app: Any) -> Iterator[int]:
    import uvicorn

    config = uvicorn.Config(app, log_level="critical", ws="websockets-sansio", lifespan="auto")
    server = uvicorn.Server(config)
    with closing(bound()) as listener:
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def by_hypercorn(app: Any) -> Iterator[int]:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    listener = bound()
    config = Config()
    port = listener.getsockname()[1]
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    serving = threading.Thread(
        target=lambda: loop.run_until_complete(serve(app, config, shutdown_trigger=over.wait))
    )
    serving.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(over.set)
        serving.join()
        loop.close()


@contextmanager
def by_werkzeug(app: Any) -> Iterator[int]:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
