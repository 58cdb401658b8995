"""For guards in other programs: the policies of their application, and the record they kept meanwhile."""

from base64 import b64encode

from ...detection.errors import BadInput
from ...detection.wire import Unreadable, plain, typed
from ...middleware.rejection import Rejected
from ...middleware.remote.asked import EXCHANGES, LONGEST, Question
from ...middleware.remote.caller import POLICIES, RECORDS
from ...middleware.remote.entries import MOST_RECORDS, read_entry
from ...middleware.remote.given import encode, tag
from ...middleware.remote.sealed import NONCE_PATTERN, seal
from .call import Call, Operation, Reply
from .faults import Invalid, unrecorded
from .lending import Lending
from .remote_judging import judged
from .schemas import INTEGER, NAME, OBJECT, STRING, array, obj
from .shapes import Schema, missing
from .written import written

FAMILY = "Sluicegate, remote"

_OCTETS = "application/octet-stream"
_EXAMPLE = b64encode(b'{"model":"any","messages":[{"role":"user","content":"Where is my parcel?"}]}').decode()
_NOT_MODIFIED = 304


async def policies(call: Call) -> Reply:
    """Give the policies of the key's application and the keys that they need, under a seal of that key.

    A snapshot: it is in force until another one is given. Nothing but the key opens the seal, which is
    bound to the caller's `nonce`.
    """
    lending = _lending(call)
    if not call.credential:
        raise Rejected(
            "Policies are given to keys, not to tokens.", code="key_needed", status=403, reason="permission"
        )
    if "nonce" not in call.query:
        raise Invalid([missing(("query", "nonce"))])
    given = lending.give(call.principal)
    known = tag(given)
    headers = ((b"etag", known.encode()),)
    if call.known_tag == known:
        return Reply(b"", _NOT_MODIFIED, _OCTETS, headers)
    return Reply(seal(call.credential, call.query["nonce"], encode(given)), 200, _OCTETS, headers)


async def records(call: Call) -> Reply:
    """Take the records of exchanges that a program judged itself; one whose id is known changes nothing.

    Whose they are says the key, whatever they say. `refused` counts those that are no records; they are to be
    forgotten, like the others.
    """
    lending = _lending(call)
    if not lending.accepting():
        raise unrecorded()
    accepted = 0
    for tree in call.body["records"]:
        try:
            entry = read_entry(tree, call.principal, call.tools.now())
        except Unreadable:
            continue
        lending.audit.closed(entry)
        accepted += 1
    return Reply(written({"accepted": accepted, "refused": len(call.body["records"]) - accepted}))


async def exchanges(call: Call) -> Reply:
    """Judge an exchange that a program guards: its request, or its request and what was answered to it.

    Nothing is kept and nothing recorded: the program tells the request again with the answer, and leaves the
    record itself. Bodies are base64; a streamed answer is given as far as it came.
    """
    lending = _lending(call)
    try:
        asked = typed(Question, call.body, LONGEST)
        said = await judged(asked, call.principal, lending)
    except Unreadable:
        raise BadInput("This is no question.", code="bad_question", status=422) from None
    return Reply(written(plain(said)))


def _lending(call: Call) -> Lending:
    lending = call.tools.lending
    if lending is None:
        raise Rejected("Nothing is lent here.", code="nothing_lent", status=404, reason="not_found")
    return lending


_NONCE: Schema = {"type": "string", "pattern": NONCE_PATTERN}

OPERATIONS = (
    Operation(
        method="GET",
        path=POLICIES,
        family=FAMILY,
        summary="The policies of an application, sealed",
        handler=policies,
        query={"nonce": _NONCE},
        answer=STRING,
        answer_kind=_OCTETS,
        judged=False,
    ),
    Operation(
        method="POST",
        path=RECORDS,
        family=FAMILY,
        summary="Records of exchanges that a program judged itself",
        handler=records,
        body=obj({"records": array(OBJECT, most=MOST_RECORDS)}, additionalProperties=False),
        answer=obj({"accepted": INTEGER, "refused": INTEGER}),
        judged=False,
        example={"records": []},
    ),
    Operation(
        method="POST",
        path=EXCHANGES,
        family=FAMILY,
        summary="Judge an exchange that a program guards",
        handler=exchanges,
        body=obj(
            {"exchange": NAME, "dialect": NAME, "policy": NAME, "body": STRING},
            {"addressed": OBJECT, "answer": OBJECT},
        ),
        answer=OBJECT,
        judged=False,
        example={"exchange": "", "dialect": "openai_chat", "policy": "", "body": _EXAMPLE},
    ),
)
