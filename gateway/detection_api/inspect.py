"""Our own ``/v1/inspect``: a text or a provider's payload in, verdict, receipt and rewritten payload out."""

from typing import Any

from ...detection.dialects import DIALECTS
from ...detection.json_read import read
from ...detection.texts import Text
from ...detection.types import Action, Role, Verdict
from ..exchanges import verdict_body
from .call import Call, Operation, Reply
from .labelled import labelled
from .schemas import ANY_TEXT, OBJECT, STRING, any_of, enum, obj, or_null
from .written import written

FAMILY = "Sluicegate"
_DIRECTION = enum("prompt", "answer")
_OF_TEXT = obj(
    {"text": ANY_TEXT},
    {"direction": _DIRECTION, "role": enum(*(role.value for role in Role))},
    additionalProperties=False,
)
_OF_PAYLOAD = obj(
    {"dialect": enum(*sorted(DIALECTS)), "payload": any_of(OBJECT, STRING)},
    {"direction": _DIRECTION},
    additionalProperties=False,
)
_ANSWER = obj(
    {"id": STRING, "object": STRING, "action": enum(*(action.label for action in Action)), "policy": STRING},
    {"verdict": OBJECT, "text": or_null(STRING), "payload": any_of(OBJECT, STRING, {"type": "null"})},
)


async def inspect(call: Call) -> Reply:
    """Judge a text or a payload; nothing that was found is repeated, nothing is forwarded.

    A payload given as a string is read, and given back, byte for byte.
    """
    return await (_payload(call) if "payload" in call.body else _text(call))


async def _text(call: Call) -> Reply:
    given = call.body
    answer = given.get("direction") == "answer"
    role = Role(given.get("role", Role.ASSISTANT if answer else Role.USER))
    texts = [Text(given["text"], role)]
    exchange = call.judge.exchange()
    judged = await (exchange.answer(texts) if answer else exchange.prompt(texts))
    blocked = judged.verdict.action is Action.BLOCK
    return _reply(call, judged.verdict, "text", None if blocked else labelled(judged)[0])


async def _payload(call: Call) -> Reply:
    given, spelled = call.body["payload"], isinstance(call.body["payload"], str)
    body = given.encode(errors="surrogatepass") if spelled else written(given)
    answer = call.body.get("direction") == "answer"
    decision = await call.judge.payload(call.body["dialect"], body, answer=answer)
    if decision.body is None:
        return _reply(call, decision.verdict, "payload", None)
    return _reply(
        call, decision.verdict, "payload", decision.body.decode() if spelled else read(decision.body)
    )


def _reply(call: Call, verdict: Verdict, name: str, rewritten: Any) -> Reply:
    told = call.notice(verdict) if verdict.action is Action.BLOCK else None
    return Reply(
        written(
            {
                "id": call.exchange_id,
                "object": "inspection",
                "action": verdict.action.label,
                "policy": verdict.policy,
                "verdict": verdict_body(verdict),
                "notice": told,
                name: rewritten,
            }
        )
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/inspect",
        family=FAMILY,
        summary="Judge a text, or a provider's payload in its own format",
        handler=inspect,
        body=any_of(_OF_TEXT, _OF_PAYLOAD),
        answer=_ANSWER,
        example={
            "dialect": "openai_chat",
            "payload": {"model": "any", "messages": [{"role": "user", "content": "Where is my parcel?"}]},
        },
    ),
)
