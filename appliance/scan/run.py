"""A whole scan: every input through the one path, findings as they come."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from ...detection.errors import BadInput
from ...detection.inspection import Inspector
from ...detection.policy import Clause, Policy
from ...detection.texts import Text
from ...detection.types import Action, Decided, Direction, Level, Principal, Role
from .inputs import Binary, Source, Unreadable, chunks
from .json_lines import texts
from .located import Located, locate
from .windows import Place, Window, by_line, on_one_line, windows

_NOBODY = Principal("", "", "scan", "")


@dataclass(frozen=True, slots=True)
class Question:
    """How texts are judged. `field` is that of JSON lines; None reads a file as one text."""

    policy: Policy
    direction: Direction = Direction.PROMPT
    role: Role = Role.USER
    field: str | None = None


@dataclass(slots=True)
class Summary:
    """What a scan came to so far."""

    texts: int = 0
    with_findings: int = 0
    characters: int = 0
    binary: int = 0
    """Files met in folders that are no text."""
    faults: list[str] = field(default_factory=list)
    """Inputs that could not be judged, and why."""
    levels: Counter[Level] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    action: Action = Action.PASS

    @property
    def findings(self) -> int:
        """How many there are."""
        return self.levels.total()

    @property
    def worst(self) -> Level:
        """The highest level of a finding; none where nothing was found."""
        return max(self.levels, default=Level.NONE)

    def note(self, found: Located) -> None:
        """Count a finding."""
        self.levels[found.level] += 1
        self.families[found.category.partition(".")[0]] += 1
        self.action = max(self.action, found.action)


def _looking(policy: Policy) -> Policy:
    """Return a policy that looks for all that another one does, its own scanners and names included.

    What that one makes of a finding is asked afterwards: a block would end the look. Models are not asked.
    """
    own = tuple(scanner for scanner in policy.scanners if scanner.way != "genai")
    return Policy("scan", (Clause(Action.FLAG),), scanners=own, names=policy.names)


class Scan:
    """Judges inputs one after another. `summary` grows with what it gives.

    Args:
        inspector: the core.
        question: how to judge.
        report: told how many bytes of which input were read.
    """

    def __init__(self, inspector: Inspector, question: Question, report: Callable[[int, str], None]):
        self._inspector = inspector
        self._question = question
        self._looking = _looking(question.policy)
        self._report = report
        self.summary = Summary()

    def run(self, inputs: Iterable[Source]) -> Iterator[Located]:
        """Return the findings, input by input.

        What cannot be read is noted in the summary, and the next input is taken.
        Raises `SettingError` for a JSON line that is none.
        """
        done = 0
        for source in inputs:
            try:
                yield from self._source(source, done)
            except Binary as fault:
                if source.named:
                    self.summary.faults.append(str(fault))
                else:
                    self.summary.binary += 1
            except Unreadable as fault:
                self.summary.faults.append(str(fault))
            except OSError as error:
                self.summary.faults.append(f"{source.name}: cannot be read: {error.strerror}")
            done += source.size
            self._report(done, source.name)

    def _source(self, source: Source, done: int) -> Iterator[Located]:
        def report(read: int) -> None:
            self._report(done + read, source.name)

        with closing(source.open()) as stream:
            if self._question.field is None:
                whole = windows(chunks(stream, source.name, report))
                yield from self._text(source.name, whole, by_line)
                return
            for number, text in texts(stream, source.name, self._question.field, report):
                yield from self._text(source.name, windows([text], on_one_line, number), on_one_line)

    def _text(self, name: str, parts: Iterable[Window], place: Place) -> Iterator[Located]:
        summary, before = self.summary, self.summary.findings
        for window in parts:
            summary.characters += window.end - window.begin
            try:
                decided = self._decided(window.text)
            except BadInput as fault:
                summary.faults.append(f"{name}:{window.line}: {fault.message}")
                continue
            for found in locate(name, window, decided, place):
                summary.note(found)
                yield found
        summary.texts += 1
        summary.with_findings += summary.findings > before

    def _decided(self, text: str) -> list[Decided]:
        inspection = self._inspector.texts(self._looking, _NOBODY)
        given = [Text(text, self._question.role)]
        judge = inspection.prompt if self._question.direction is Direction.PROMPT else inspection.answer
        policy = self._question.policy
        return [Decided(item, policy.action(item)) for item in judge(given).verdict.findings]
