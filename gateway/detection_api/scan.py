"""OpenGuardrails' scans of e-mails and web pages: what is hidden in the markup is found first."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ...detection.texts import Text
from ...detection.types import Finding, Level, Role
from .call import Call, Operation, Reply
from .categories import counted, highest, risk, score
from .labelled import place
from .page import Link, Page, read_page
from .schemas import NUMBER, STRING, TEXT, any_of, array, enum, obj
from .shapes import Schema
from .written import written

FAMILY = "OpenGuardrails"
MOST_SHOWN = 20
LONGEST_SHOWN = 200
_TYPES = ("prompt_injection", "jailbreak", "phishing", "malware")
_BY_FAMILY = {"prompt_attack": "prompt_injection", "exfiltration": "phishing", "code": "malware"}
_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?:[/:?#].{0,200})?", re.IGNORECASE)
_PROGRAM = re.compile(
    r"\.(?:exe|scr|pif|com|bat|cmd|msi|vbs|hta|jse?|ps1|jar|lnk|iso|img|dll|apk|docm|xlsm)$"
)
_LINK_SCORE = 0.6
_URL: Schema = any_of({"type": "string", "maxLength": 4096}, {"type": "null"})
_ANSWER = obj(
    {
        "id": STRING,
        "scan_type": enum("email", "webpage"),
        "risk_level": enum("no_risk", "low_risk", "medium_risk", "high_risk"),
        "risk_types": array(enum(*_TYPES)),
        "risk_content": array(STRING),
        "score": NUMBER,
    }
)


async def email(call: Call) -> Reply:
    """Scan an e-mail."""
    return await _scan(call, "email")


async def webpage(call: Call) -> Reply:
    """Scan a web page."""
    return await _scan(call, "webpage")


async def _scan(call: Call, kind: str) -> Reply:
    page = read_page(call.body["content"])
    found: list[tuple[Finding, str]] = []
    for texts in (page.hidden, _shown(page)):
        found += await _judged(call, texts)
    links = [_risk_of(link) for link in page.links]
    risky = [(name, link.target) for name, link in zip(links, page.links, strict=True) if name]
    level = max(highest(item for item, _ in found), Level.MEDIUM if risky else Level.NONE)
    types = {_type(item) for item, _ in found} | {name for name, _ in risky}
    shown = [_excerpt(item, text) for item, text in found] + [target for _, target in risky]
    body = {
        "id": f"scan-{kind}-{call.exchange_id.replace('-', '')[-12:]}",
        "scan_type": kind,
        "risk_level": risk(level),
        "risk_types": [name for name in _TYPES if name in types],
        "risk_content": [text[:LONGEST_SHOWN] for text in shown[:MOST_SHOWN]],
        "score": max(score(item for item, _ in found), _LINK_SCORE if risky else 0.0),
    }
    return Reply(written(body))


def _shown(page: Page) -> tuple[str, ...]:
    """What a reader sees, and where links lead."""
    targets = "\n".join(link.target for link in page.links)
    return tuple(text for text in (page.seen, targets) if text.strip())


async def _judged(call: Call, texts: Sequence[str]) -> list[tuple[Finding, str]]:
    """Judge texts that a model would read; return what counts, each with its text."""
    if not texts:
        return []
    judged = await call.judge.prompt([Text(text, Role.RETRIEVED) for text in texts])
    return [
        (finding, texts[place(finding.pointer)])
        for finding in counted(judged.verdict.decided)
        if finding.family in _BY_FAMILY
    ]


def _type(finding: Finding) -> str:
    return "jailbreak" if finding.category == "prompt_attack.jailbreak" else _BY_FAMILY[finding.family]


def _excerpt(finding: Finding, text: str) -> str:
    return text[finding.span.start : finding.span.end]


def _risk_of(link: Link) -> str:
    """Return what a link is a sign of: another host than it shows, a program; nothing for most."""
    try:
        parts = urlsplit(link.target.strip())
        host = parts.hostname or ""
    except ValueError:
        return "phishing"
    shown = _HOST.fullmatch(link.text.strip())
    if shown and host and not _same_site(shown[1].lower(), host.lower()):
        return "phishing"
    return "malware" if _PROGRAM.search(parts.path.lower()) else ""


def _same_site(shown: str, host: str) -> bool:
    """Say whether one name is the other or stands below it."""
    shown, host = shown.removeprefix("www."), host.removeprefix("www.")
    return host == shown or host.endswith("." + shown) or shown.endswith("." + host)


_EXAMPLE: dict[str, Any] = {"content": "<p>Your parcel comes tomorrow.</p>"}

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/scan/email",
        family=FAMILY,
        summary="Scan an e-mail",
        handler=email,
        body=obj({"content": TEXT}),
        answer=_ANSWER,
        example=_EXAMPLE,
    ),
    Operation(
        method="POST",
        path="/v1/scan/webpage",
        family=FAMILY,
        summary="Scan a web page",
        handler=webpage,
        body=obj({"content": TEXT}, {"url": _URL}),
        answer=_ANSWER,
        example=_EXAMPLE,
    ),
)
