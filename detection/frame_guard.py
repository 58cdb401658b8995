"""The stream guard of framed answers: frame by frame, text by text, both laws kept.

Only text is ever held, and calls of tools. A frame that carries nothing else waits until some of its text
is decided; roles, usage, pings and whatever else a frame says flow at once. Text still held when it ends
leaves in a frame of its own before the frame that ends it, where that frame has no place for it. A call
leaves when all of it may (`held_calls.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from .channels import Channels
from .dialects import Asked, Frame, Slot, StreamShape
from .dialects.base import Leaving, Withdrawing
from .dialects.collect import Collector
from .document import Document
from .errors import BadInput, UpstreamFault
from .frame_forms import Form, Forms
from .framing.base import Event, Unfinished
from .growth import Growth
from .held_calls import HeldCalls
from .inspection import Step
from .json_read import parse
from .json_text import dump
from .judge import Ledger
from .notice import Letterhead, notice
from .pieces import edits_of
from .policy import Policy
from .sift import Sift
from .surrender import Held
from .types import Action, Direction, Edit, Kind, Role, Segment, Span, Unjudged

_MOST_KEPT = 256

type _Texts = list[tuple[Slot, str]]

_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""


class FrameGuard:
    """Judges one streamed answer.

    Args:
        shape: the frames of the answer.
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
        self._framing = shape.framing
        self._sift = sift
        self._head = head
        self._policy = policy
        self._channels = channels
        self._ledger = ledger
        self._parser = shape.framing.parser()
        self._separates = self._parser.separates
        self._growth = Growth(channels, ledger, asked.choices, keeps=shape.repeating)
        self._calls = HeldCalls()
        self._forms = Forms()
        self._last: Any = None
        self._unread: tuple[Form, bytes] | None = None
        self._ready: Sequence[Form] = ()
        """The forms that the next bytes may be of: none while others wait for their rest."""
        self._doubted = b""
        """The bytes of which a look was not enough."""
        self._ended = False
        self._told = False

    def only_watch(self) -> None:
        """Keep no frames: nothing that is released is used."""
        self._calls = HeldCalls(waits=False)

    def passing(self, chunk: bytes) -> bytes | None:
        """Take the next bytes where they are an event like one before; see `PassingStream`."""
        if self._ended or self._separates:
            return None
        for form in self._ready:
            text = None if form.calling else form.read(chunk)
            if text is not None:
                try:
                    released = form.growing.passing(text)
                except (UpstreamFault, BadInput):
                    released = None
                if released is None:
                    self._doubted = chunk
                    return None
                self._unread = form, chunk
                self._ledger.characters += len(released)
                if released == text:
                    return chunk
                return form.event(released, chunk) if released else b""
        return None

    def spent(self, seconds: float) -> None:
        """Count what `passing` took; see `PassingStream`."""
        self._ledger.seconds += seconds

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes of the upstream's answer, cut anywhere."""
        if self._ready and not self._ended:
            began = perf_counter()
            for form in self._ready:
                text = form.read(chunk)
                if text is not None:
                    self._unread = form, chunk
                    try:
                        # As `_of_form`, but a call takes longer than this, and nothing is looked at twice.
                        doubtful = form.calling or chunk is self._doubted
                        released = None if doubtful else form.growing.passing(text)
                        if released == text:
                            self._ledger.characters += len(text)
                            release = chunk
                        else:
                            release = self._judged(form, text, released, chunk)
                    except (UpstreamFault, BadInput) as fault:
                        out: list[bytes] = []
                        self._fail(fault, out)
                        release = b"".join(out)
                    if self._separates:
                        release = self._parser.join((release,))
                        self._separates = self._parser.separates
                    self._ledger.seconds += perf_counter() - began
                    return _tuple(Step, (release, self._ended, self._told, None))
        return self._step(chunk, final=False)

    def close(self) -> Step:
        """The upstream ended: judge and release what was held."""
        return self._step(b"", final=True)

    def fault(self, message: str) -> bytes:
        """End a stream that broke off; what was held is never released."""
        return b"" if self._ended else self._parser.join(self._telling(message))

    def halt(self) -> bytes:
        """End the stream as a block does; what was held is never released."""
        out: list[bytes] = []
        if not self._ended:
            self._catch_up()
            if isinstance(self._shape, Leaving):
                self._shape.left()
            self._stop(out)
        return self._parser.join(out)

    @property
    def idle(self) -> bool:
        """Whether all that came were whole events."""
        return self._parser.idle

    def held(self) -> Held:
        """Return what is held now; see `Surrenders`."""
        texts = ((growing.slot, growing.pending) for growing in self._growth.rest())
        unfinished = self._parser.unfinished if isinstance(self._parser, Unfinished) else b""
        frames = self._calls.frames
        return Held(unfinished, tuple(item for item in texts if item[1]), frames, len(frames))

    def surrender(self, held: Held) -> bytes:
        """Return what was held, as it came; see `Surrenders`."""
        out = list(held.frames[: held.waiting])
        self._carry([(replace(slot, text=""), text) for slot, text in held.texts], out)
        self._ended = True
        return self._parser.join(out) + held.unfinished

    def _step(self, chunk: bytes, *, final: bool) -> Step:
        if self._ended:
            return Step(ended=True)
        began = perf_counter()
        out: list[bytes] = []
        try:
            self._events(self._parser.feed(chunk), out)
            if final and not self._ended:
                rest = self._parser.close()
                self._events([rest] if rest else [], out)
                self._flush(out)
        except (UpstreamFault, BadInput) as fault:
            self._fail(fault, out)
        self._ready = self._forms.known if self._parser.idle else ()
        self._ledger.seconds += perf_counter() - began
        return Step(self._parser.join(out), self._ended, self._told)

    def _of_form(self, form: Form, text: str, raw: bytes) -> bytes:
        """Judge a frame of a known form, as `_frame` would; return what leaves."""
        self._unread = form, raw
        released = None if form.calling else form.growing.passing(text)
        return self._judged(form, text, released, raw)

    def _judged(self, form: Form, text: str, released: str | None, raw: bytes) -> bytes:
        """Return what leaves of a frame of whose text so much passes; None where it is to be judged first."""
        blocked = False
        if released is None:
            released, blocked = self._growth.fed(form.growing, text)
        else:
            self._ledger.characters += len(released)
        calling = form.calling and form.slot.target in self._calls
        if blocked:
            out: list[bytes] = []
            if not calling:
                self._carry([(form.slot, released)], out)
            self._stop(out)
            return b"".join(out)
        event = raw if released == text else form.event(released, raw) if released else b""
        if not calling:
            return event
        self._calls.keep(event)
        return b""

    def _events(self, events: Iterable[Event], out: list[bytes]) -> None:
        for event in events:
            if not event.plain:
                self._judge_aside(event)
            if event.data is None:
                out.append(event.raw)
            elif event.data.strip() == self._framing.mark:
                self._flush(out)
                if not self._ended:
                    self._told = True
                    out.append(event.raw)
            else:
                self._event(event, event.data, out)
            if self._ended:
                return

    def _event(self, event: Event, data: bytes, out: list[bytes]) -> None:
        if event.plain:
            for form in self._forms.known:
                text = form.read(event.raw)
                if text is not None:
                    out.append(self._of_form(form, text, event.raw))
                    return
        self._frame(event, data, out)

    def _catch_up(self) -> None:
        """Read the newest frame where only its form was looked at: what we write goes on from there."""
        if self._unread is not None:
            (form, raw), self._unread = self._unread, None
            self._last, data = form.tree, form.data(raw)
            if data is not None:
                self._last = _parsed(data).tree
                self._shape.read(self._last)

    def _judge_aside(self, event: Event) -> None:
        """Judge comments and field lines: no SDK shows them, but they reach the client."""
        aside = event.without_data()
        if not aside:
            return
        text = aside.decode("utf-8", "replace")
        segment = Segment(text, "/comment", Role.ASSISTANT, Kind.OTHER, Direction.ANSWER, editable=False)
        if self._channels.fresh().open(segment).feed(text, final=True).blocked:
            raise UpstreamFault("The upstream sent text outside of its answer.", code="upstream_protocol")

    def _frame(self, event: Event, data: bytes, out: list[bytes]) -> None:
        self._catch_up()
        document = _parsed(data)
        tree = document.tree
        frame = self._shape.read(tree, event.name)
        before, self._last = self._last, tree
        self._growth.begin(frame)
        calling = self._calls.notes(frame, self._growth)
        edits, blocked = self._judge_others(frame)
        if blocked:  # what ends the stream is not to be like this frame
            self._last = before
        blocked = (bool(frame.unjudged) and self._note_unjudged(frame)) or blocked
        texts: _Texts = []
        carried: _Texts = []
        blocked = (
            blocked
            or self._grow(frame, tree, texts)
            or self._end_texts(frame, texts, carried)
            or self._repeat(frame, edits)
        )
        if blocked:
            self._carry([item for item in (*carried, *texts) if item[0].target not in self._calls], out)
            self._stop(out)
            return
        if calling:
            out = self._on_its_way(frame, texts, out)
        self._carry(carried, out)
        self._growth.end(frame)
        edits += [
            Edit(slot.pointer, Span(0, len(slot.text)), text) for slot, text in texts if text != slot.text
        ]
        if frame.media:
            edits += self._muted(frame, tree)
        values = self._token_values(frame, tree)
        held = frame.bare and not any(text for _, text in texts) and any(slot.text for slot, _ in texts)
        if not edits and not values:
            out.append(event.raw)
        elif not held:
            out.append(event.with_data(document.render(edits, values)))
        if frame.ended or frame.closed or frame.repeats:
            self._forms.forget()
        elif event.plain and len(frame.slots) == 1 and not self._growth.ends(frame.slots[0]):
            self._forms.learn(event, data, tree, frame, self._growth.at(frame.slots[0]))
        if calling:
            self._calls.check()

    def _on_its_way(self, frame: Frame, texts: _Texts, out: list[bytes]) -> list[bytes]:
        """Return where a frame goes that is about a call; what else it says leaves at once."""
        way = self._calls.way(frame, out)
        if way is not out:
            for index, (slot, text) in enumerate(texts):
                if slot.target not in self._calls and slot.choice not in frame.ended:
                    self._carry([(slot, text)], out)
                    texts[index] = slot, ""
        return way

    def _note_unjudged(self, frame: Frame) -> bool:
        """List what nobody can read; return whether the policy stops at it."""
        listed = self._ledger.unjudged
        listed += [item for item in frame.unjudged if item not in listed[-_MOST_KEPT:]]
        return any(self._policy.unscanned(item.reason) is Action.BLOCK for item in frame.unjudged)

    def _judge_others(self, frame: Frame) -> tuple[list[Edit], bool]:
        """Judge texts that do not grow; return their edits and whether one blocks."""
        edits: list[Edit] = []
        others = (*frame.others, *frame.controls) if frame.controls else frame.others
        if frame.logprobs or frame.lists:
            others += _too_long(frame, self._last)
        doubtful = self._sift.doubtful(others) if others else ()
        if not doubtful:
            return edits, False
        channels = self._channels.fresh()
        for segment in (others[index] for index in doubtful):
            fed = channels.open(segment).feed(segment.text, final=True)
            if fed.blocked:
                return edits, True
            edits += edits_of(segment.pointer, fed.pieces)
        return edits, False

    def _grow(self, frame: Frame, tree: Any, texts: _Texts) -> bool:
        """Feed the growing texts; return whether one blocks."""
        for slot in frame.slots:
            growing = self._growth.at(slot)
            start = growing.arrived
            text, blocked = self._growth.fed(growing, slot.text)
            # A list that repeats no text, or nobody knows which, never waits: it is dropped.
            if frame.logprobs and slot.choice in frame.logprobs and slot.text and _alone(slot, frame):
                growing.hold_tokens(_at(tree, frame.logprobs[slot.choice]), start)
            texts.append((slot, text))
            if blocked:
                return True
        return False

    def _end_texts(self, frame: Frame, texts: _Texts, carried: _Texts) -> bool:
        """Close the texts that end with this frame; return whether one blocks."""
        if not (frame.ended or frame.closed or frame.repeats):
            return False
        written = {id(slot): index for index, (slot, _) in enumerate(texts) if slot.pointer}
        for growing in self._growth.ending(frame):
            text, blocked = self._growth.fed(growing, "", final=True)
            index = written.get(id(growing.slot))
            if index is None:
                carried.append((replace(growing.slot, text=""), text))  # the frame it stood in has left
            else:
                texts[index] = (growing.slot, texts[index][1] + text)
            if blocked:
                return True
        return False

    def _repeat(self, frame: Frame, edits: list[Edit]) -> bool:
        """Make what repeats a text say what was released of it; return whether one blocks."""
        if not (frame.repeats or frame.echoes):
            return False
        growth = self._growth
        again = [(slot, growth.repeated) for slot in frame.repeats]
        for slot, released in [*again, *((slot, growth.echoed) for slot in frame.echoes)]:
            text, blocked = released(slot)
            if blocked:
                return True
            if text != slot.text:
                edits.append(Edit(slot.pointer, Span(0, len(slot.text)), text))
        return False

    def _token_values(self, frame: Frame, tree: Any) -> dict[str, str]:
        """Return what the token lists of this frame become, where that is not what they are."""
        values: dict[str, str] = {}
        for choice, pointer in (frame.logprobs or {}).items():
            joined: Any = None
            for slot in frame.slots:
                if slot.choice == choice and slot.text and joined is None:
                    joined = self._growth.at(slot).tokens()
            listed = _at(tree, pointer)
            if joined != listed:
                empty: list[Any] | None = [] if isinstance(listed, list) else None
                values[pointer] = dump(empty if joined is None else joined).decode()
        for pointer, target in frame.lists:
            if self._growth.is_changed(target):
                values[pointer] = "[]"
        return values

    def _muted(self, frame: Frame, tree: Any) -> Iterable[Edit]:
        """Yield what empties the sound of texts that were changed."""
        for pointer, beginning in frame.media:
            if self._growth.is_changed_below(beginning):
                yield Edit(pointer, Span(0, len(_at(tree, pointer))), "")

    def _carry(self, texts: _Texts, out: list[bytes]) -> None:
        for slot, text in texts:
            if text:
                self._catch_up()
                tokens = self._growth.tokens(slot)
                out.append(self._framing.write(self._shape.carry(self._last, slot, text, tokens)))

    def _flush(self, out: list[bytes]) -> None:
        """Release all that is held: nothing more will come."""
        for growing in self._growth.rest():
            text, blocked = self._growth.fed(growing, "", final=True)
            way = self._calls.frames if growing.slot.target in self._calls else out
            self._carry([(replace(growing.slot, text=""), text)], way)
            if blocked:
                self._stop(out)
                return
        self._growth.end_all()
        self._calls.release(out)
        self._forms.forget()

    def _stop(self, out: list[bytes]) -> None:
        """End the stream as the dialect says no: with several choices all stop."""
        text = notice(self._policy, self._ledger.decided, Direction.ANSWER, self._head)
        self._catch_up()
        if isinstance(self._shape, Withdrawing):
            self._shape.withdraw(self._calls.targets)
        choices = self._calls.ended.union(self._growth.choices())
        opened = self._calls.told(self._growth.opened())
        trees = self._shape.stop(self._last, sorted(choices), text, opened)
        out += [self._framing.write(tree) for tree in trees]
        if self._framing.end:
            out.append(self._framing.end)
        self._ended = True

    def _fail(self, fault: UpstreamFault | BadInput, out: list[bytes]) -> None:
        """End a stream that cannot be judged: nothing more of it is released."""
        self._ledger.unjudged.append(Unjudged("", fault.code))
        self._ledger.stopped = self._policy.changes(Direction.ANSWER)
        out += self._telling(fault.message)

    def _telling(self, message: str) -> list[bytes]:
        """Return what tells of a fault, after which nothing comes."""
        self._ended = True
        self._catch_up()
        told = self._framing.write(self._shape.fault(message))
        return [told, self._framing.after_fault] if self._framing.after_fault else [told]


def _parsed(data: bytes) -> Document:
    try:
        tree, compact = parse(data)
        return Document(data, tree, (), compact=compact)
    except BadInput:
        raise UpstreamFault(
            "The upstream sent an event that is not JSON.", code="upstream_protocol"
        ) from None


def _too_long(frame: Frame, tree: Any) -> tuple[Segment, ...]:
    """Return what stands in token lists, which repeat texts, and is too long to be a token."""
    collector = Collector(Direction.ANSWER)
    for pointer in (*(frame.logprobs or {}).values(), *(pointer for pointer, _ in frame.lists)):
        collector.tokens(_at(tree, pointer), pointer, Role.ASSISTANT)
    return tuple([segment._replace(editable=False) for segment in collector.segments])


def _alone(slot: Slot, frame: Frame) -> bool:
    """Say whether a frame has no other text of the slot's choice."""
    return sum(1 for other in frame.slots if other.text and other.choice == slot.choice) == 1


def _at(tree: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token]
    return tree
