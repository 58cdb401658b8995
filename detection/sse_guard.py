"""The stream guard of server-sent answers: frame by frame, text by text, both laws kept.

Only text is ever held. A frame that carries nothing else waits until some of its text is decided;
roles, usage, pings and whatever else a frame says flow at once. Text still held when its choice
ends leaves in a frame of its own before the frame that ends it.
"""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .channels import Channels
from .dialects import Asked, Frame, Slot, StreamShape
from .document import Document
from .errors import BadInput, UpstreamFault
from .frame_form import FrameForm, form_of
from .framing import sse
from .growing import Growing
from .inspection import Step
from .json_read import parse
from .json_text import dump
from .judge import Ledger
from .notice import Letterhead, notice
from .pieces import edits_of
from .policy import Policy
from .sift import Sift
from .types import Direction, Edit, Kind, Role, Segment, Span, Unjudged

_DONE = b"[DONE]"
_MOST_FORMS = 4
_MOST_TRIES = 16
"""Forms that are learned in one stream: where each frame has a form of its own, none helps."""

type _Texts = list[tuple[Slot, str]]


class SseGuard:
    """Judges one streamed answer.

    Args:
        shape: the dialect's frames.
        asked: what the request asked for.
        channels: opens the channel of a text.
        ledger: where findings go.
        sift: clears texts that come whole.
        head: of which exchange a refusal speaks.
    """

    def __init__(
        self,
        shape: StreamShape,
        asked: Asked,
        policy: Policy,
        channels: Channels,
        ledger: Ledger,
        sift: Sift,
        head: Letterhead,
    ):
        self._shape = shape
        self._sift = sift
        self._head = head
        self._policy = policy
        self._channels = channels
        self._ledger = ledger
        self._parser = sse.SseParser()
        self._growing: dict[str, Growing] = {}
        self._whole: dict[str, str] = {}
        self._open = set(range(asked.choices))
        self._finished: set[int] = set()
        self._last: Any = None
        self._ended = False
        self._forms: list[FrameForm] = []
        self._formed = 0

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes of the upstream's answer, cut anywhere."""
        if self._forms and self._parser.idle and not self._ended:
            began = time.perf_counter()
            for form in self._forms:
                found = form.read(chunk)
                if found is not None:
                    release = self._of_form(form, *found, chunk)
                    self._ledger.seconds += time.perf_counter() - began
                    return Step(release, self._ended)
        return self._step(chunk, final=False)

    def close(self) -> Step:
        """The upstream ended: judge and release what was held."""
        return self._step(b"", final=True)

    def _step(self, chunk: bytes, *, final: bool) -> Step:
        if self._ended:
            return Step(ended=True)
        began = time.perf_counter()
        out: list[bytes] = []
        try:
            self._events(self._parser.feed(chunk), out)
            if final and not self._ended:
                rest = self._parser.close()
                self._events([rest] if rest else [], out)
                self._flush(out)
        except (UpstreamFault, BadInput) as fault:
            self._fail(fault, out)
        self._ledger.seconds += time.perf_counter() - began
        return Step(b"".join(out), self._ended)

    def _of_form(self, form: FrameForm, text: str, behind: bytes, raw: bytes) -> bytes:
        """Judge a frame of a known form, as `_frame` would; return what leaves."""
        self._last = form.tree
        released, blocked = self._fed(form.growing, text)
        if blocked:
            out: list[bytes] = []
            self._carry([(form.slot, released)], out)
            self._stop(out)
            return b"".join(out)
        if released == text:
            return raw
        return form.event(released, behind) if released else b""

    def _learn_form(self, event: sse.Event, tree: Any, frame: Frame) -> None:
        """Keep the form of a frame that carries one growing text and nothing else to look at."""
        if not (event.plain and frame.bare and len(frame.slots) == 1) or frame.logprobs or frame.whole:
            return
        slot = frame.slots[0]
        if self._formed < _MOST_TRIES and slot.choice not in self._finished:
            self._formed += 1
            form = form_of(event.raw, tree, slot, self._growing[slot.target])
            self._forms = [form, *self._forms[: _MOST_FORMS - 1]]

    def _events(self, events: Iterable[sse.Event], out: list[bytes]) -> None:
        for event in events:
            self._judge_aside(event)
            if event.data is None:
                out.append(event.raw)
            elif event.data.strip() == _DONE:
                self._flush(out)
                if not self._ended:
                    out.append(event.raw)
            else:
                self._frame(event, event.data, out)
            if self._ended:
                return

    def _judge_aside(self, event: sse.Event) -> None:
        """Judge comments and field lines: no SDK shows them, but they reach the client."""
        if event.plain:
            return
        aside = event.without_data()
        if not aside:
            return
        text = aside.decode("utf-8", "replace")
        segment = Segment(text, "/comment", Role.ASSISTANT, Kind.OTHER, Direction.ANSWER, editable=False)
        if self._channels.fresh().open(segment).feed(text, final=True).blocked:
            raise UpstreamFault("The upstream sent text outside of its answer.", code="upstream_protocol")

    def _frame(self, event: sse.Event, data: bytes, out: list[bytes]) -> None:
        document = _parsed(data)
        tree = document.tree
        frame = self._shape.read(tree)
        self._last = tree
        self._open.update(slot.choice for slot in frame.slots)
        edits, blocked = self._judge_others(frame)
        texts: _Texts = []
        carried: _Texts = []
        if not blocked:
            blocked = self._grow(frame, tree, texts)
        if not blocked:
            blocked = self._end_choices(frame, texts, carried)
        self._carry(carried, out)
        if blocked:
            self._carry(texts, out)
            self._stop(out)
            return
        edits += [
            Edit(slot.pointer, Span(0, len(slot.text)), text) for slot, text in texts if text != slot.text
        ]
        values = self._token_values(frame, tree)
        held = frame.bare and not any(text for _, text in texts) and any(slot.text for slot, _ in texts)
        if not edits and not values:
            out.append(event.raw)
        elif not held:
            out.append(event.with_data(document.render(edits, values)))
        if frame.ended:
            self._forms.clear()
        else:
            self._learn_form(event, tree, frame)

    def _judge_others(self, frame: Frame) -> tuple[list[Edit], bool]:
        """Judge texts that do not grow; return their edits and whether one blocks."""
        for target, text in frame.whole:
            if text and self._whole.setdefault(target, text) != text:
                raise UpstreamFault("The upstream sent a name in pieces.", code="upstream_protocol")
        edits: list[Edit] = []
        doubtful = self._sift.doubtful(frame.others) if frame.others else ()
        if not doubtful:
            return edits, False
        channels = self._channels.fresh()
        for segment in (frame.others[index] for index in doubtful):
            fed = channels.open(segment).feed(segment.text, final=True)
            if fed.blocked:
                return edits, True
            edits += edits_of(segment.pointer, fed.pieces)
        return edits, False

    def _grow(self, frame: Frame, tree: Any, texts: _Texts) -> bool:
        """Feed the growing texts; return whether one blocks."""
        filled = Counter(slot.choice for slot in frame.slots if slot.text) if frame.logprobs else {}
        for slot in frame.slots:
            if slot.text and slot.choice in self._finished:
                raise UpstreamFault("The upstream went on after an answer's end.", code="upstream_protocol")
            growing = self._growing_at(slot)
            start = growing.arrived
            text, blocked = self._fed(growing, slot.text)
            # A list that repeats no text, or nobody knows which, never waits: it is dropped.
            if frame.logprobs and slot.choice in frame.logprobs and slot.text and filled[slot.choice] == 1:
                growing.hold_tokens(_at(tree, frame.logprobs[slot.choice]), start)
            texts.append((slot, text))
            if blocked:
                return True
        return False

    def _growing_at(self, slot: Slot) -> Growing:
        growing = self._growing.get(slot.target)
        if growing is None:
            name = slot.name or self._whole.get(f"{slot.target.rpartition('/')[0]}/name", "")
            growing = self._growing[slot.target] = Growing(slot, self._channels.open(_segment(slot, name)))
            self._ledger.segments += 1
        growing.slot = slot
        return growing

    def _fed(self, growing: Growing, text: str, final: bool = False) -> tuple[str, bool]:
        before = growing.decided
        fed = growing.feed(text, final)
        self._ledger.characters += growing.decided - before
        return fed

    def _end_choices(self, frame: Frame, texts: _Texts, carried: _Texts) -> bool:
        """Close the texts of choices that end with this frame; return whether one blocks."""
        written = {id(slot): index for index, (slot, _) in enumerate(texts)}
        for choice in frame.ended:
            if choice in self._finished:
                continue
            self._finished.add(choice)
            for target in [key for key, growing in self._growing.items() if growing.slot.choice == choice]:
                growing = self._growing[target]
                text, blocked = self._fed(growing, "", final=True)
                index = written.get(id(growing.slot))
                if index is None:
                    carried.append((growing.slot, text))
                else:
                    texts[index] = (growing.slot, texts[index][1] + text)
                if blocked:
                    return True
        return False

    def _token_values(self, frame: Frame, tree: Any) -> dict[str, str]:
        """Return what the token lists of this frame become, where that is not what they are."""
        values: dict[str, str] = {}
        for choice, pointer in (frame.logprobs or {}).items():
            joined: dict[str, Any] | None = None
            for slot in frame.slots:
                if slot.choice == choice and slot.text and joined is None:
                    joined = self._growing[slot.target].tokens()
            if joined != _at(tree, pointer):
                values[pointer] = dump(joined).decode()
        return values

    def _carry(self, texts: _Texts, out: list[bytes]) -> None:
        for slot, text in texts:
            if text:
                tokens = self._growing[slot.target].tokens()
                out.append(sse.write(dump(self._shape.carry(self._last, slot, text, tokens))))

    def _flush(self, out: list[bytes]) -> None:
        """Release all that is held: nothing more will come."""
        for growing in list(self._growing.values()):
            if growing.slot.choice in self._finished:
                continue
            text, blocked = self._fed(growing, "", final=True)
            self._carry([(growing.slot, text)], out)
            if blocked:
                self._stop(out)
                return
        self._finished |= self._open
        self._forms.clear()

    def _stop(self, out: list[bytes]) -> None:
        """End the stream as the dialect says no: with several choices all stop."""
        choices = sorted(self._open - self._finished) or [0]
        text = notice(self._policy, self._ledger.decided, Direction.ANSWER, self._head)
        trees = self._shape.stop(self._last, choices, text)
        out += [sse.write(dump(tree)) for tree in trees] + [sse.write(_DONE)]
        self._ended = True

    def _fail(self, fault: UpstreamFault | BadInput, out: list[bytes]) -> None:
        """End a stream that cannot be judged: nothing more of it is released."""
        self._ledger.unjudged.append(Unjudged("", fault.code))
        self._ledger.stopped = self._policy.changes(Direction.ANSWER)
        body = {"message": fault.message, "type": "api_error", "param": None, "code": "upstream_protocol"}
        out.append(sse.write(dump({"error": body})))
        self._ended = True


def _parsed(data: bytes) -> Document:
    try:
        tree, compact = parse(data)
        return Document(data, tree, (), compact=compact)
    except BadInput:
        raise UpstreamFault(
            "The upstream sent an event that is not JSON.", code="upstream_protocol"
        ) from None


def _segment(slot: Slot, name: str) -> Segment:
    return Segment("", slot.target, slot.role, slot.kind, Direction.ANSWER, name=name, encoded=slot.encoded)


def _at(tree: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token]
    return tree
