"""Judging one exchange for a program that is guarded elsewhere, from its beginning."""

from ...detection.dialects import DIALECTS
from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Decision, Inspection, Step
from ...detection.types import Principal
from ...detection.wire import Unreadable
from ...library.panel import settled
from ...middleware.remote.asked import Answered, Question, Said, declined, fault_of, octets, spelled
from .lending import Lending


async def judged(question: Question, principal: Principal, lending: Lending) -> Said:
    """Return what a question comes to. Raises `Unreadable` for one that is none."""
    if question.dialect not in DIALECTS:
        raise Unreadable("no such dialect")
    given = lending.give(principal)
    known = {policy.digest: policy for policy in given.routes.values()}
    policy = known.get(question.policy, given.policy)
    inspection = lending.inspector.open(question.dialect, policy, principal, question.exchange)
    try:
        decision = inspection.request(octets(question.body), question.addressed)
        decision = await settled(inspection, decision, lending.panel)
        if question.answer is None:
            return _said(inspection, decision)
        if question.answer.streamed:
            return _streamed(inspection, question.answer)
        answer = inspection.response(octets(question.answer.body), question.answer.content_type)
        return _said(inspection, await settled(inspection, answer, lending.panel))
    except (BadInput, UpstreamFault) as fault:
        core = None if question.answer is None else inspection.core()
        return Said(fault_of(fault), core, model=inspection.model)


def _said(inspection: Inspection, decision: Decision) -> Said:
    return Said(
        core=inspection.core(),
        body=None if decision.body is None else spelled(decision.body),
        declined=None if decision.refusal is None else declined(decision.refusal),
        model=inspection.model,
        wants_stream=inspection.wants_stream,
        wants_array=inspection.wants_array,
    )


def _streamed(inspection: Inspection, answer: Answered) -> Said:
    """Judge a stream as far as it came; one that broke off gets its last words, unless it was stopped."""
    guard = inspection.stream()
    body, last = octets(answer.body), b""
    step = guard.feed(body) if body else Step()
    if not step.ended and answer.broke is None:
        end = guard.close()
        step = Step(step.release + end.release, end.ended, step.told)
    core = inspection.core()
    if not step.ended and answer.broke is not None:
        last = guard.fault(answer.broke)
    return Said(
        core=core,
        body=spelled(step.release),
        ended=step.ended,
        told=step.told,
        last=spelled(last),
        model=inspection.model,
        wants_stream=inspection.wants_stream,
        wants_array=inspection.wants_array,
    )
