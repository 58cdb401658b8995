"""A guard model that calls every text safe. Run by path with a port; says ``ready`` when it listens."""

import asyncio
import sys

from tests.fakes.guard_server import FakeGuard, said


async def main(port: int) -> None:
    guard = FakeGuard(said("Safety: Safe\nCategories: None"))
    server = await asyncio.start_server(guard.serve, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
