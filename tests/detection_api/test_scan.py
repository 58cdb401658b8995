"""E-mails and web pages."""

from typing import Any

import pytest

from tests.detection_api.service import ATTACK, CLEAN, Service, tree


@pytest.fixture
def service() -> Service:
    return Service()


async def scanned(service: Service, content: str, kind: str = "webpage") -> Any:
    return tree(await service.post(f"/v1/scan/{kind}", {"content": content}))


@pytest.mark.parametrize("kind", ["email", "webpage"])
async def test_a_harmless_page_has_no_risk(service: Service, kind: str) -> None:
    report = await scanned(service, f"<p>{CLEAN}</p>", kind)
    assert report.pop("id").startswith(f"scan-{kind}-")
    assert report == {
        "scan_type": kind,
        "risk_level": "no_risk",
        "risk_types": [],
        "risk_content": [],
        "score": 0.0,
    }


@pytest.mark.parametrize(
    "content",
    [
        ATTACK,
        f"<p>{CLEAN}</p><div style='display:none'>{ATTACK}</div>",
        f"<p>{CLEAN}</p><!-- {ATTACK} -->",
        f"<img src=x alt='{ATTACK}'>",
        ATTACK.replace("previous", "<b>previous</b>").replace("<b>", "").replace("</b>", ""),
    ],
)
async def test_an_attack_is_found_wherever_it_hides(service: Service, content: str) -> None:
    report = await scanned(service, content)
    assert report["risk_level"] == "high_risk"
    assert "prompt_injection" in report["risk_types"]
    assert report["risk_content"]
    assert report["score"] > 0.4


async def test_the_hidden_is_judged_beside_what_is_shown(service: Service) -> None:
    await scanned(service, f"<p>{ATTACK}</p><!-- {ATTACK} -->")
    assert len({item.pointer for item in service.entry.core.prompt.findings}) == 1
    assert service.entry.core.prompt.receipt.segments == 2


@pytest.mark.parametrize(
    ("link", "risks"),
    [
        ('<a href="https://evil.example/x">https://bank.example</a>', ["phishing"]),
        ('<a href="https://evil.example/x">www.bank.example/login</a>', ["phishing"]),
        ('<a href="https://www.bank.example/x">bank.example</a>', []),
        ('<a href="https://shop.bank.example/x">bank.example</a>', []),
        ('<a href="https://evil.example/x">Read more</a>', []),
        ('<a href="https://a.example/invoice.pdf.exe">Invoice</a>', ["malware"]),
        ('<a href="https://[/x">x</a>', ["phishing"]),
    ],
)
async def test_links_that_lead_elsewhere_and_programs(service: Service, link: str, risks: list[str]) -> None:
    report = await scanned(service, link, "email")
    assert report["risk_types"] == risks
    assert report["risk_level"] == ("medium_risk" if risks else "no_risk")


async def test_what_is_shown_of_a_page_is_bounded(service: Service) -> None:
    link = '<a href="https://evil.example/' + "x" * 5_000 + '">bank.example</a>'
    report = await scanned(service, link * 100)
    assert len(report["risk_content"]) == 20
    assert max(map(len, report["risk_content"])) == 200


async def test_an_empty_page_is_refused(service: Service) -> None:
    assert (await service.post("/v1/scan/email", {"content": ""})).status == 422
