"""LangChain's own models and chains, guarded."""

from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda
from langchain_core.tools import tool

from sluicegate import Blocked
from sluicegate.middleware.hooks.langchain import GuardCallback, GuardRunnable
from tests.library.material import ATTACK, MAIL, SECRET


class Model:
    """Repeats what it is given, and keeps it."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self, given: Any) -> AIMessage:
        messages = given.to_messages() if hasattr(given, "to_messages") else given
        text = messages if isinstance(messages, str) else str(messages[-1].content)
        self.given.append(text)
        return AIMessage(f"You said: {text}")


@pytest.fixture
def model() -> Model:
    """A model."""
    return Model()


GIVEN = [
    f"I am {MAIL}",
    [HumanMessage(f"I am {MAIL}")],
    [HumanMessage([{"type": "text", "text": f"I am {MAIL}"}])],
    ChatPromptTemplate.from_messages([("human", "I am {who}")]).invoke({"who": MAIL}),
]


@pytest.mark.parametrize("given", GIVEN)
def test_a_value_goes_masked_and_comes_back(model: Model, given: Any) -> None:
    said = GuardRunnable(RunnableLambda(model)).invoke(given)
    assert MAIL in said.content
    assert MAIL not in model.given[-1]


async def test_a_chain_goes_the_same_way_in_a_loop(model: Model) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{text}")])
    chain = prompt | GuardRunnable(RunnableLambda(model)) | StrOutputParser()
    assert await chain.ainvoke({"text": f"I am {MAIL}"}) == f"You said: I am {MAIL}"
    assert MAIL not in model.given[-1]


@pytest.mark.parametrize("given", [ATTACK, [HumanMessage("hi"), ToolMessage(ATTACK, tool_call_id="1")]])
def test_an_attack_never_reaches_the_model(model: Model, given: Any) -> None:
    with pytest.raises(Blocked):
        GuardRunnable(RunnableLambda(model)).invoke(given)
    assert not model.given


def test_a_call_of_a_tool_is_judged_as_one() -> None:
    calls = [{"name": "send", "args": {"text": f"Take {SECRET} now", "n": 1}, "id": "1"}]
    inner: Runnable[Any, Any] = RunnableLambda(lambda _: AIMessage("", tool_calls=calls))
    said = GuardRunnable(inner).invoke("hi")
    assert SECRET not in str(said)
    assert said.tool_calls[0]["args"]["n"] == 1


def test_a_stream_is_judged_as_it_grows() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage(f"Well now, take {SECRET} and go home")]))
    told = [chunk.content for chunk in GuardRunnable(model).stream("hi")]
    assert len(told) > 5
    assert SECRET not in "".join(told)
    assert "".join(told).endswith(" and go home")


async def test_texts_stream_too_also_in_a_loop() -> None:
    def pieces(given: Any) -> Any:
        for text in given:
            yield from [f"You are {text}"[at : at + 3] for at in range(0, len(f"You are {text}"), 3)]

    inner: Runnable[Any, Any] = RunnableGenerator(pieces)
    assert "".join(GuardRunnable(inner).stream(MAIL)) == f"You are {MAIL}"


async def test_a_streamed_call_of_a_tool_comes_whole() -> None:
    async def pieces(_: Any) -> Any:
        yield AIMessageChunk(content="I will. ")
        for args in ('{"text": "Take ', SECRET[:9], SECRET[9:], ' now"}'):
            name = "send" if args[0] == "{" else None
            piece = tool_call_chunk(name=name, args=args, id="1", index=0)
            yield AIMessageChunk(content="", tool_call_chunks=[piece])

    inner: Runnable[Any, Any] = RunnableGenerator(pieces)
    told = [chunk async for chunk in GuardRunnable(inner).astream("hi")]
    assert told[0].content.startswith("I")
    assert SECRET not in str(told)
    assert SECRET[9:] not in str(told)
    assert told[-1].tool_calls[0]["args"]["text"].startswith("Take ")


def test_the_callback_stops_what_it_cannot_mask() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("Hello there."), AIMessage("Hello again.")]))
    callback = GuardCallback()
    assert model.invoke("hi", config={"callbacks": [callback]}).content == "Hello there."
    for text in (ATTACK, f"I am {MAIL}"):
        with pytest.raises(Blocked):
            model.invoke(text, config={"callbacks": [callback]})
    passing = GuardCallback(on_mask="pass")
    assert model.invoke(f"I am {MAIL}", config={"callbacks": [passing]}).content == "Hello again."
    with pytest.raises(ValueError, match="on_mask"):
        GuardCallback(on_mask="maybe")  # type: ignore[arg-type]  # a word that is none


def test_the_callback_sees_what_comes_back() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage(f"Take {SECRET} now.")]))
    with pytest.raises(Blocked):
        model.invoke("hi", config={"callbacks": [GuardCallback()]})


def test_the_callback_sees_tools_and_documents() -> None:
    @tool
    def look(what: str) -> str:
        """Look something up."""
        return ATTACK if what == "bad" else "fine"

    class Finder(BaseRetriever):
        def _get_relevant_documents(self, query: str, **_: Any) -> Any:
            from langchain_core.documents import Document

            return [Document(ATTACK if query == "bad" else "fine")]

    config: Any = {"callbacks": [GuardCallback()]}
    assert look.invoke({"what": "good"}, config=config) == "fine"
    assert Finder().invoke("good", config=config)[0].page_content == "fine"
    for run in (
        lambda: look.invoke({"what": "bad"}, config=config),
        lambda: Finder().invoke("bad", config=config),
    ):
        with pytest.raises(Blocked):
            run()
