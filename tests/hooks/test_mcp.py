"""A real client and a real server of the Model Context Protocol in one process, the client guarded."""

from typing import Any

import pytest
from mcp import Client
from mcp.server import MCPServer

from sluicegate import Blocked, guard_tool, guarded_session
from sluicegate.middleware.hooks.mcp import guarded_mcp
from tests.library.material import ATTACK, MAIL, SECRET

REPORT = "The board meets in the small hall on Thursday and will sell the mill at the river for nothing."


@pytest.fixture
def given() -> list[str]:
    """What the server was given."""
    return []


@pytest.fixture
def server(given: list[str]) -> MCPServer:
    """A server with tools and a document."""
    made = MCPServer("files")

    @made.tool()
    def repeat(text: str) -> str:
        """Repeats a text."""
        given.append(text)
        return f"You said: {text}"

    @made.tool()
    def read(name: str) -> str:
        """Reads a file."""
        return {"report": REPORT, "bad": ATTACK, "keys": f"The key is {SECRET}."}[name]

    @made.resource("file://bad")
    def bad() -> str:
        return ATTACK

    return made


def _said(result: Any) -> str:
    return "".join(part.text for part in result.content)


async def test_arguments_leave_masked_and_results_come_back(server: MCPServer, given: list[str]) -> None:
    async with Client(server) as client:
        guarded = guarded_mcp(client, source="files.example")
        assert [item.name for item in (await guarded.list_tools()).tools] == ["repeat", "read"]
        said = _said(await guarded.call_tool("repeat", {"text": f"I am {MAIL}"}))
        assert MAIL not in given[-1]
        assert said == f"You said: {given[-1]}"  # a model wrote it: only a user's own words are put back
        assert _said(await guarded.call_tool("repeat", {"text": "hello"})) == "You said: hello"
        assert given[-1] == "hello"


async def test_attacks_in_results_documents_and_arguments_are_blocked(
    server: MCPServer, given: list[str]
) -> None:
    async with Client(server) as client:
        guarded = guarded_mcp(client, source="files.example")
        with pytest.raises(Blocked):
            await guarded.call_tool("read", {"name": "bad"})
        with pytest.raises(Blocked):
            await guarded.read_resource("file://bad")
        assert SECRET not in _said(await guarded.call_tool("read", {"name": "keys"}))
    assert given == []


async def test_a_poisoned_definition_is_blocked() -> None:
    made = MCPServer("poison")

    @made.tool(description=ATTACK)
    def look() -> str:
        return "fine"

    async with Client(made) as client:
        with pytest.raises(Blocked):
            await guarded_mcp(client, source="poison.example").list_tools()


async def test_what_one_server_told_does_not_leave_for_another_tool(server: MCPServer) -> None:
    @guard_tool(source="mail.example")
    def send(text: str) -> str:
        return text

    async with Client(server) as client:
        files = guarded_mcp(client, source="files.example")
        elsewhere = guarded_mcp(client, source="elsewhere.example")
        with guarded_session(taint="block") as session:
            assert _said(await files.call_tool("read", {"name": "report"})) == REPORT
            assert REPORT in _said(await files.call_tool("repeat", {"text": REPORT}))
            with pytest.raises(Blocked):
                send(REPORT)
            with pytest.raises(Blocked):
                await elsewhere.call_tool("repeat", {"text": REPORT})
            assert session.outcomes[-1].blocked
