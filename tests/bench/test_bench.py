"""The benchmark runs: real subjects, a real load, tiny numbers."""

import shutil
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from sluicegate.appliance.bench.cells import CELLS, Measure
from sluicegate.appliance.bench.detection_run import DetectionWishes, bench_detection
from sluicegate.appliance.bench.dialects import pieces
from sluicegate.appliance.bench.dialects_run import DialectsWishes, bench_dialects
from sluicegate.appliance.bench.exchanges import Wishes, bench
from sluicegate.appliance.bench.faces import FacesWishes, bench_faces
from sluicegate.appliance.bench.own_subject import GUARDED, PROXY_ONLY, UNGUARDED
from sluicegate.appliance.bench.peers import Ferrogw
from sluicegate.appliance.bench.plain_subjects import Direct, Nginx
from sluicegate.appliance.bench.rounds import Plan, cores, run
from sluicegate.appliance.bench.streamed import Streamed, streamed
from sluicegate.appliance.bench.subject import Subject
from sluicegate.appliance.bench.unjudged import Unjudging
from sluicegate.detection.rules import load_packs

pytestmark = pytest.mark.slow

_TINY = Measure(seconds=0.1, warm=0.02)
_SOME = [cell for cell in CELLS if cell.name in {"plain-1", "hits-16", "stream-16"}]


@pytest.mark.parametrize(
    "subject",
    [
        Direct(),
        pytest.param(
            Nginx(), marks=pytest.mark.skipif(bool(Nginx().missing()), reason="there is no nginx here")
        ),
        PROXY_ONLY,
        UNGUARDED,
        GUARDED,
    ],
    ids=lambda subject: subject.name,
)
def test_a_subject_answers_whole_with_hits_and_in_streams(subject: Subject) -> None:
    said: list[str] = []
    done = run(Plan([subject], _SOME, 1, _TINY, pin=False), said.append)
    assert done.skipped == {}
    assert [row.measured.error for row in done.rows] == ["", "", ""]
    plain, hits, stream = [row.measured for row in done.rows]
    assert min(plain.requests, hits.requests) > 0
    assert stream.requests == 16
    assert stream.sent == 16 * _TINY.chunks
    # Where words are held, the first frame of a stream may have nothing left to carry.
    assert stream.sent - 16 <= stream.frames <= stream.sent
    assert all(row.measured.latency["p50"] > 0 for row in done.rows)
    costs = subject.name != "direct"
    assert all((row.measured.cpu > 0) is costs for row in done.rows)
    assert bool(done.processes[subject.name]) is costs
    assert len(said) == 3


def test_what_is_not_found_is_left_out_with_its_reason() -> None:
    said: list[str] = []
    done = run(Plan([Ferrogw("")], _SOME[:1], 1, _TINY), said.append)
    assert list(done.skipped) == ["ferrogw"]
    assert done.rows == []
    assert "not found" in said[0]


def test_what_does_not_start_is_left_out_with_its_words() -> None:
    broken = Ferrogw(shutil.which("false") or "false")
    done = run(Plan([broken], _SOME[:1], 1, _TINY, pin=False), lambda _: None)
    assert "ended with 1" in done.skipped["ferrogw"]


def test_cores_are_shared_out_only_where_there_are_enough() -> None:
    everything = {*cores(Plan([Direct()]))[0], *cores(Plan([Direct()]))[1]}
    assert cores(Plan([Nginx(workers=100_000)])) == ([], [])
    assert cores(Plan([Direct()], pin=False)) == ([], [])
    if everything:
        assert not {*cores(Plan([Direct()]))[0]} & {*cores(Plan([Direct()]))[1]}


def test_a_run_writes_json_picture_and_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench:exchanges -->\n<!-- bench:/exchanges -->\n")
    wishes = Wishes(
        rounds=1,
        seconds=0.05,
        only=["direct", "plain-1"],
        json=tmp_path / "out" / "bench.json",
        plot=tmp_path / "out" / "bench.svg",
        page=page,
    )
    with (tmp_path / "tables.txt").open("w") as file:
        bench(wishes, Console(file=file, width=140), lambda _: None)
    written = orjson.loads((tmp_path / "out" / "bench.json").read_bytes())
    assert [row["cell"] for row in written["rows"]] == ["plain-1"]
    assert written["rows"][0]["measured"]["latency"]["p50"] > 0
    assert {target["answer"] for target in written["targets"]} == {"not measured"}
    assert (tmp_path / "out" / "bench.svg").read_text().startswith("<svg")
    assert "| direct |" in page.read_text()
    assert "](out/bench.svg)" in page.read_text()


def test_detection_is_measured_and_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench:detection -->\n<!-- bench:/detection -->\n")
    wishes = DetectionWishes(
        counts=(0, 280), rounds=1, seconds=0.0001, dear=500, json=tmp_path / "found.json", page=page
    )
    with (tmp_path / "tables.txt").open("w") as file:
        answers = bench_detection(wishes, Console(file=file, width=200), lambda _: None)
    assert [answer.found is not None for answer in answers] == [True] * 7
    found = orjson.loads((tmp_path / "found.json").read_bytes())["found"]
    assert [item["rules"] for item in found] == [len(load_packs()), 280]
    assert all(len(item["scans"]) == 12 for item in found)
    assert "| prose |" in page.read_text()


def test_formats_are_measured_and_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench:dialects -->\n<!-- bench:/dialects -->\n")
    wishes = DialectsWishes(rounds=1, seconds=0.01, pin=False, json=tmp_path / "found.json", page=page)
    with (tmp_path / "tables.txt").open("w") as file:
        answers = bench_dialects(wishes, Console(file=file, width=200), lambda _: None)
    assert len(answers) == 1 + len([*streamed()])
    assert (answers[0].found is None) is bool(Nginx().missing())
    assert all(answer.found is not None for answer in answers[1:])
    found = orjson.loads((tmp_path / "found.json").read_bytes())["found"]
    assert found["exchanges"]["1"]["read"] > found["exchanges"]["1"]["unread"] > 0
    assert "| OpenAI chat |" in page.read_text()


@pytest.mark.parametrize("stream", [*streamed()], ids=lambda stream: stream.name)
def test_where_nothing_is_looked_for_a_stream_passes_as_it_came(stream: Streamed) -> None:
    chunks = pieces(stream)
    guard = Unjudging().stream(stream.dialect, orjson.dumps(stream.asks), stream.addressed)
    assert b"".join(guard.feed(chunk).release for chunk in chunks) == b"".join(chunks)


def test_the_faces_are_measured_side_by_side(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench:faces -->\n<!-- bench:/faces -->\n")
    wishes = FacesWishes(rounds=1, pairs=1, seconds=0.1, pin=False, json=tmp_path / "found.json", page=page)
    said: list[str] = []
    with (tmp_path / "tables.txt").open("w") as file:
        faces = bench_faces(wishes, Console(file=file, width=200), said.append)
    names = ["library"] * 2 + ["middleware"] * 2 + ["nginx", "sidecar", "gateway"]
    assert [face.name for face in faces] == [*names, "mitmproxy", "transparent proxy"]
    for face in faces:
        if face.name == "nginx" and Nginx().missing():
            continue
        assert face.cpu is not None, said
        assert face.rate is not None
        if face.cpu.least > 0:  # what app and loop cost alone is taken off
            assert face.a_core is not None
            assert face.a_core.middle == pytest.approx(1e6 / face.cpu.middle)
    assert len(orjson.loads((tmp_path / "found.json").read_bytes())["faces"]) == 9
    assert (
        "| CPU of mitmproxy with our addon to one that does nothing | at most 1.1 times |" in page.read_text()
    )
    assert "| sidecar | POST /v1/inspect: a prompt |" in page.read_text()
