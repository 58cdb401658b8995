"""What SENTINEL's course teaches runs over this core."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from sluicegate.compat import sentinel
from sluicegate.compat.sentinel import state as states
from sluicegate.compat.sentinel.feedback import MOST_KEPT
from sluicegate.compat.sentinel.whitelist import digest_of
from sluicegate.detection.errors import BadRule
from tests.library.material import ATTACK, MAIL, SECRET


class Bluebird(sentinel.PatternEngine):
    name = "bluebird"
    tier = 0
    owasp = "LLM02"
    PATTERNS = (r"blue\s?bird",)
    KEYWORDS = ("a.b",)


class Guess(sentinel.MLEngine):
    name = "guess"
    asked: ClassVar[list[str]] = []

    def predict(self, text: str) -> float:
        self.asked.append(text)
        return 0.9 if "odd" in text else 0.1


def test_a_scan_says_whether_a_text_is_safe() -> None:
    result = sentinel.scan(ATTACK)
    assert not result.is_safe
    assert result.is_threat
    assert result.risk_score == result.confidence == 0.95
    assert result.threat_type == "injection"
    finding = result.findings[0]
    assert (finding.engine, finding.severity, finding.confidence) == ("injection", "high", "high")
    assert finding.evidence == ATTACK[slice(*finding.location)]
    assert set(result.engine_results) == set(result.engines_executed) == set(sentinel.ENGINES)
    clean = sentinel.scan("hello")
    assert (clean.is_safe, clean.risk_score, clean.threat_type, clean.findings) == (True, 0.0, "", ())


def test_a_prompt_and_its_answer_are_scanned_together() -> None:
    result = sentinel.scan("hello", response=f"the key is {SECRET}")
    assert [item.engine for item in result.findings] == ["secrets"]
    assert result.findings[0].metadata["direction"] == "answer"
    assert SECRET not in repr(result) + str(result.findings[0].evidence)


@pytest.mark.parametrize(
    ("text", "engine", "others"),
    [(ATTACK, "injection", "pii"), (MAIL, "pii", "injection"), (SECRET, "secrets", "pii")],
)
def test_engines_choose_what_is_looked_for(text: str, engine: str, others: str) -> None:
    assert not sentinel.scan(text, engines=[engine]).is_safe
    assert sentinel.scan(text, engines=[others]).is_safe


@pytest.mark.parametrize("scan", [sentinel.scan_output, sentinel.scan_document])
def test_answers_and_documents(scan: Callable[..., sentinel.ScanResult]) -> None:
    assert not scan(f"mail {MAIL}").is_safe
    assert scan(f"mail {MAIL}", engines=["injection"]).is_safe


def test_thresholds_are_scores() -> None:
    assert not sentinel.scan(MAIL).is_safe
    sentinel.configure(threshold=0.8)
    assert sentinel.scan(MAIL).is_safe
    assert not sentinel.scan(ATTACK).is_safe
    sentinel.configure(thresholds={"pii": 0.5})
    assert not sentinel.scan(MAIL).is_safe


def test_callbacks_are_told_of_threats() -> None:
    told: list[sentinel.ScanResult] = []
    sentinel.configure(callbacks=[told.append])
    assert sentinel.scan("hello").is_safe
    assert [sentinel.scan(MAIL)] == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"engines": ["unheard_of"]},
        {"engines": []},
        {"threshold": 1.5},
        {"thresholds": {"unheard_of": 0.5}},
        {"thresholds": {"pii": -1}},
        {"on_threat": "ignore"},
    ],
)
def test_what_cannot_be_configured_changes_nothing(wrong: dict[str, Any]) -> None:
    with pytest.raises(sentinel.ConfigurationError):
        sentinel.configure(**wrong)
    assert not sentinel.scan(MAIL).is_safe
    with pytest.raises(sentinel.ConfigurationError, match="unheard_of"):
        sentinel.scan("x", engines=["unheard_of"])


def test_the_environment_configures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_THRESHOLD", "0.8")
    monkeypatch.setenv("SENTINEL_ENGINES", "pii, injection")
    sentinel.reset()
    assert sentinel.scan(MAIL).is_safe
    assert sentinel.scan(ATTACK).engines_executed == ("pii", "injection")
    monkeypatch.setenv("SENTINEL_THRESHOLD", "much")
    sentinel.reset()
    with pytest.raises(sentinel.ConfigurationError, match="SENTINEL_THRESHOLD"):
        sentinel.scan("x")


def test_a_guard_raises() -> None:
    @sentinel.guard
    def ask(prompt: str) -> str:
        return prompt

    assert ask("hello") == "hello"
    with pytest.raises(sentinel.ThreatDetectedError, match="injection") as caught:
        ask(ATTACK)
    assert caught.value.threat_type == "injection"
    assert caught.value.result.is_threat
    assert "Ignore" not in str(caught.value)


def test_a_guard_with_engines_changes_nothing_else() -> None:
    @sentinel.guard(engines=["injection"])
    def ask(prompt: str) -> str:
        return f"{prompt} {SECRET}"

    assert ask(MAIL) == f"{MAIL} {SECRET}"


@pytest.mark.parametrize("ends", ["plain", "async", "stream"])
def test_a_guard_blocks_what_is_asked_and_what_is_answered(ends: str) -> None:
    def plain(prompt: str) -> str:
        return f"{prompt} {SECRET} more"

    async def later(prompt: str) -> str:
        return plain(prompt)

    def stream(prompt: str) -> Iterator[str]:
        yield from plain(prompt)

    def asked(prompt: str) -> str:
        if ends == "plain":
            return sentinel.guard(on_threat="block")(plain)(prompt)
        if ends == "async":
            return asyncio.run(sentinel.guard(on_threat="block")(later)(prompt))
        return "".join(sentinel.guard(on_threat="block")(stream)(prompt))

    assert "content policy" in asked(ATTACK)
    assert "content policy" in asked("hi")
    assert SECRET not in asked("hi")
    with pytest.raises(sentinel.ThreatDetectedError, match="secrets"):
        "".join(sentinel.guard()(stream)("hi"))


def test_a_guard_may_only_tell(caplog: pytest.LogCaptureFixture) -> None:
    def ask(prompt: str) -> str:
        return prompt

    with caplog.at_level(logging.WARNING, "sentinel"):
        assert sentinel.guard(on_threat="log")(ask)(ATTACK) == ATTACK
    assert "threat detected: injection" in caplog.text
    assert "Ignore" not in caplog.text
    with pytest.warns(UserWarning, match="injection"):
        assert sentinel.guard(on_threat="warn")(ask)(ATTACK) == ATTACK
    sentinel.configure(on_threat="log")
    assert sentinel.guard(ask)(ATTACK) == ATTACK
    with pytest.raises(sentinel.ConfigurationError):
        sentinel.guard(on_threat="ignore")  # type: ignore[call-overload]  # what a caller may do


def test_an_engine_of_patterns() -> None:
    sentinel.register_engine(Bluebird())
    for text, found in (("a BLUE BIRD", True), ("a.b", True), ("a+b", False), ("blue and bird", False)):
        assert bool(sentinel.scan(text).engine_results["bluebird"]) is found
    assert not sentinel.scan(ATTACK).is_safe
    assert sentinel.scan("bluebird", engines=["pii"]).is_safe
    assert sentinel.scan("bluebird", engines=["bluebird"]).threat_type == "bluebird"


def test_an_engine_of_a_model_is_asked_about_the_whole() -> None:
    Guess.asked.clear()
    sentinel.register_engine(Guess)
    assert sentinel.scan("an odd text").risk_score == 0.9
    assert sentinel.scan("a text").is_safe
    assert {"an odd text", "a text"} <= set(Guess.asked)


def test_an_engine_of_both_asks_the_model_last() -> None:
    class Both(Bluebird, sentinel.HybridEngine):
        name = "both"

        def predict(self, text: str) -> float:
            assert "bluebird" not in text
            return float("odd" in text)

    sentinel.register_engine(Both())
    assert not sentinel.scan("bluebird").is_safe
    assert not sentinel.scan("odd").is_safe
    assert sentinel.scan("even").is_safe


def test_an_engine_that_fails_leaves_nothing_safe() -> None:
    class Broken(sentinel.BaseEngine):
        name = "broken"

    sentinel.register_engine(Broken())
    result = sentinel.scan("hello")
    assert not result.is_safe
    assert result.threat_type == ""
    assert result.unjudged == ("scanner broken failed: NotImplementedError",)
    with pytest.raises(sentinel.ThreatDetectedError, match="could not be judged"):
        sentinel.guard(lambda prompt: prompt)("hello")


def test_an_engine_that_cannot_be_is_refused() -> None:
    class Looks(sentinel.PatternEngine):
        name = "looks"
        PATTERNS = ("a(?=b)",)

    class Shouts(sentinel.MLEngine):
        name = "SHOUTS"

    with pytest.raises(ValueError, match="looks"):
        sentinel.register_engine(Looks)
    with pytest.raises(BadRule, match="SHOUTS"):
        sentinel.register_engine(Shouts)


def test_a_whitelist_takes_out_findings_and_lists_them() -> None:
    exceptions = sentinel.Whitelist()
    sentinel.configure(whitelist=exceptions)
    exceptions.add_pattern(r"[a-z.]+@kontor-nord\.example")
    result = sentinel.scan(f"{MAIL} and {SECRET}")
    assert [item.engine for item in result.suppressed] == ["pii"]
    assert [item.engine for item in result.findings] == ["secrets"]
    assert sentinel.scan(MAIL).is_safe
    assert not sentinel.scan(ATTACK).is_safe
    exceptions.add_hash(digest_of(ATTACK).upper())
    assert sentinel.scan(ATTACK).is_safe
    assert not sentinel.scan(f"{ATTACK} ").is_safe
    assert not sentinel.scan(SECRET, user="eve").is_safe
    exceptions.add_user("eve")
    assert sentinel.scan(SECRET, user="eve").is_safe
    assert not sentinel.scan(SECRET).is_safe


def test_a_pattern_covers_only_what_lies_inside_it() -> None:
    exceptions = sentinel.Whitelist()
    exceptions.add_pattern("maria")
    sentinel.configure(whitelist=exceptions)
    assert not sentinel.scan(MAIL).is_safe


@pytest.mark.parametrize("wrong", ["(", "a(?=b)", r"(a)\1"])
def test_a_whitelist_refuses_what_is_not_linear(wrong: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        sentinel.Whitelist().add_pattern(wrong)
    with pytest.raises(ValueError, match="SHA-256"):
        sentinel.Whitelist().add_hash(wrong)


def test_feedback_becomes_an_exception_for_that_very_text() -> None:
    collector = sentinel.FeedbackCollector()
    report = collector.report_fp(ATTACK, sentinel.scan(ATTACK), {"ticket": 7})
    assert collector.reports == (report,)
    assert report.engines[0] == "injection"
    assert report.rules[0] == "override_previous"
    assert "Ignore" not in repr(report)
    sentinel.configure(whitelist=collector.whitelist())
    assert sentinel.scan(ATTACK).is_safe
    assert not sentinel.scan(ATTACK + ATTACK).is_safe


def test_feedback_is_bounded() -> None:
    collector = sentinel.FeedbackCollector()
    clean = sentinel.ScanResult()
    for number in range(MOST_KEPT + 1):
        collector.report_fp(str(number), clean)
    assert len(collector.reports) == MOST_KEPT
    assert collector.reports[0].digest == digest_of("1")


def test_tiers_run_in_order_and_stop_early() -> None:
    Guess.asked.clear()
    sentinel.register_engine(Guess)
    tiers = [sentinel.Tier(["injection"], 10_000), sentinel.Tier(["guess"], 10_000)]
    stopped = sentinel.TieredPipeline(tiers=tiers).scan(ATTACK)
    assert (stopped.early_exit, stopped.engines_executed, Guess.asked) == (True, ("injection",), [])
    through = sentinel.TieredPipeline(tiers=tiers, early_exit=False).scan(f"{ATTACK} odd")
    assert not through.early_exit
    assert through.engines_executed == ("injection", "guess")
    assert {item.engine for item in through.findings} == {"injection", "guess"}
    assert sentinel.TieredPipeline(tiers=tiers).scan("hello").is_safe


def test_a_tier_that_takes_too_long_leaves_nothing_safe() -> None:
    go_on = threading.Event()

    class Slow(sentinel.BaseEngine):
        name = "slow"

        def find(self, text: str) -> Iterator[Any]:
            go_on.wait(30)
            yield from ()

    sentinel.register_engine(Slow())
    try:
        result = sentinel.TieredPipeline([sentinel.Tier(["slow"], 1)]).scan("hello")
    finally:
        go_on.set()
    assert not result.is_safe
    assert result.unjudged == ("slow took longer than 1 ms",)


def test_code_that_imports_sentinel_runs() -> None:
    try:
        sentinel.install()
        sentinel.install()
        code = (
            "from sentinel import scan, guard\nfrom sentinel.exceptions import ThreatDetectedError\n"
            "from sentinel.engine import PatternEngine\nfrom sentinel.whitelist import Whitelist\n"
            "from sentinel.feedback import FeedbackCollector\nimport sentinel\n"
            "safe = sentinel.scan('hi').is_safe\n"
        )
        space: dict[str, Any] = {}
        exec(code, space)  # noqa: S102 - what a reader of the course writes
        assert space["safe"] is True
        assert space["ThreatDetectedError"] is sentinel.ThreatDetectedError
    finally:
        for name in [name for name in sys.modules if name == "sentinel" or name.startswith("sentinel.")]:
            del sys.modules[name]


def test_another_sentinel_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentinel", logging)
    with pytest.raises(ImportError, match="sentinel"):
        sentinel.install()


def test_what_is_in_force_is_one_state() -> None:
    sentinel.configure(engines=["pii"])
    assert states.state().chosen() == ("pii",)
    sentinel.configure(engines=None)
    assert states.state().chosen() == tuple(sentinel.ENGINES)
