"""``[models.guard]`` and ``[models.vision]``: what they may say, and how they are refused."""

from pathlib import Path

import pytest

from sluicegate.appliance.embeddings_settings import KEYS as EMBEDDINGS_KEYS
from sluicegate.appliance.embeddings_settings import EmbeddingsSettings
from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.guard_settings import KEYS, VISION_KEYS, GuardSettings, LocalGuard
from sluicegate.appliance.settings import load
from sluicegate.detection.models.guards.doubts import Extent


def _file(folder: Path, text: str) -> Path:
    path = folder / "sluicegate.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def _guard(folder: Path, text: str, **environ: str) -> GuardSettings | None:
    return load(_file(folder, f"[models.guard]\n{text}"), environ=environ).guard


def test_one_at_a_url(tmp_path: Path) -> None:
    text = """
    url = "http://127.0.0.1:8000/v1/"
    format = "qwen3guard"
    model = "Qwen3Guard-Gen-4B"
    api_key = "env:GUARD_KEY"
    timeout = 5
    concurrency = 4
    queue = 0
    window = 4000
    windows = 3
    """
    assert _guard(tmp_path, text, GUARD_KEY="k-1") == GuardSettings(
        format="qwen3guard",
        model="Qwen3Guard-Gen-4B",
        url="http://127.0.0.1:8000/v1",
        api_key="k-1",
        timeout=5,
        concurrency=4,
        queue=0,
        extent=Extent(4000, 3),
    )


def test_one_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")
    text = f"""
    path = "{tmp_path}/tiny"
    format = "judge"
    command = "/opt/vllm/bin/vllm"
    gpu_memory = 40
    context = 4096
    arguments = ["--enforce-eager"]
    start_seconds = 900
    """
    assert _guard(tmp_path, text) == GuardSettings(
        format="judge",
        model="tiny",
        local=LocalGuard(
            path=tmp_path / "tiny",
            command=("/opt/vllm/bin/vllm",),
            gpu_memory=40,
            context=4096,
            arguments=("--enforce-eager",),
            start_seconds=900,
        ),
    )


def test_none() -> None:
    assert load(environ={}).guard is None


def test_a_key_is_not_shown() -> None:
    assert "k-1" not in repr(GuardSettings(format="judge", model="m", url="http://x", api_key="k-1"))


_REMOTE = 'url = "https://guard.example/v1"\nformat = "judge"\nmodel = "m"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formt = 1", "line 2: models.guard.formt: no such key; did you mean format?"),
        ('format = "judge"\nmodel = "m"', "line 1: models.guard.url: missing"),
        ('url = "ftp://x"\nformat = "judge"\nmodel = "m"', "line 2: models.guard.url: expected an http"),
        ('url = "http://a:b@x/v1"\nformat = "judge"', "line 2: models.guard.url: a URL must not hold cred"),
        ('url = "https://x"\nformat = "judge"', "line 1: models.guard.model: missing"),
        ('url = "https://x"\nmodel = "m"', "line 1: models.guard.format: missing"),
        (_REMOTE.replace("judge", "llama-gard-3"), "line 3: models.guard.format: expected openguardrails"),
        (_REMOTE + 'command = "vllm"', "line 5: models.guard.command: is for a model of `path`"),
        (_REMOTE + "timeout = 0", "line 5: models.guard.timeout: expected a whole number from 1 to 120"),
        (_REMOTE + 'api_key = "env:NOT_SET"', "line 5: models.guard.api_key: the environment variable"),
        ('path = "/nowhere"\nformat = "judge"', "line 2: models.guard.path: expected the folder of a model"),
        (_REMOTE + 'path = "/x"', "line 2: models.guard.url: give url or path, not both"),
    ],
)
def test_a_wrong_table_is_refused_with_key_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        _guard(tmp_path, text)
    assert f", {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models = 3", "line 1: models: expected tables, like [models.guard]"),
        ("[models.gaurd]\nx = 1", "line 1: models.gaurd: no such table; did you mean guard?"),
        ("[models]\nguard = 3", "line 2: models.guard: expected a table, under [models.guard]"),
    ],
)
def test_a_wrong_table_of_models(tmp_path: Path, text: str, message: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        load(path, environ={})
    assert str(caught.value) == f"{path}, {message}"


def test_prompts_in_the_clear_are_worth_a_second_look(tmp_path: Path) -> None:
    path = _file(tmp_path, "[models.guard]\n" + _REMOTE.replace("https", "http"))
    (warning,) = load(path, environ={}).warnings
    assert "models.guard.url: prompts travel to guard.example unencrypted" in warning


def test_every_key_is_read() -> None:
    local = {"path", "command", "gpu_memory", "context", "arguments", "start_seconds"}
    ours = set(GuardSettings.__dataclass_fields__) - {"local", "extent"}
    assert set(KEYS) == ours | local | {"window", "windows"}


_SEER = 'url = "https://seer.example/v1"\nformat = "judge"\nmodel = "m"\n'


def test_one_that_is_shown_pictures(tmp_path: Path) -> None:
    more = "api_key = 'k-2'\ntimeout = 20\nconcurrency = 2\nqueue = 3\npicture_bytes = 2048"
    found = load(_file(tmp_path, f"[models.vision]\n{_SEER}{more}"), environ={})
    assert found.guard is None
    assert found.vision == GuardSettings(
        format="judge",
        model="m",
        url="https://seer.example/v1",
        api_key="k-2",
        timeout=20,
        concurrency=2,
        queue=3,
        extent=Extent(picture=2048),
    )
    assert set(VISION_KEYS) == {
        "url",
        "format",
        "model",
        "api_key",
        "timeout",
        "concurrency",
        "queue",
        "picture_bytes",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_SEER.replace("judge", "qwen3guard"), "line 3: models.vision.format: expected llama-guard-4, judge"),
        (_SEER + "window = 3000", "line 5: models.vision.window: no such key"),
        (_SEER + 'path = "/x"', "line 5: models.vision.path: no such key"),
        ('format = "judge"\nmodel = "m"', "line 1: models.vision.url: missing"),
        (
            _SEER + "picture_bytes = 1",
            "line 5: models.vision.picture_bytes: expected a whole number from 1024",
        ),
    ],
)
def test_a_wrong_one_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(_file(tmp_path, f"[models.vision]\n{text}"), environ={})
    assert f", {message}" in str(caught.value)


_VECTORS = 'url = "https://vectors.example/v1"\nmodel = "BAAI/bge-m3"\n'


def test_who_makes_vectors(tmp_path: Path) -> None:
    more = "api_key = 'k-3'\ntimeout = 20\nconcurrency = 2\nqueue = 3\nnear = 65"
    found = load(_file(tmp_path, f"[models.embeddings]\n{_VECTORS}{more}"), environ={}).embeddings
    assert found == EmbeddingsSettings(
        url="https://vectors.example/v1",
        model="BAAI/bge-m3",
        api_key="k-3",
        timeout=20,
        concurrency=2,
        queue=3,
        near=65,
    )
    assert set(EMBEDDINGS_KEYS) == set(EmbeddingsSettings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_VECTORS + "near = 100", "line 4: models.embeddings.near: expected a whole number from 5 to 99"),
        (_VECTORS + 'format = "judge"', "line 4: models.embeddings.format: no such key"),
        ('model = "m"', "line 1: models.embeddings.url: missing"),
    ],
)
def test_wrong_ones_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(_file(tmp_path, f"[models.embeddings]\n{text}"), environ={})
    assert f", {message}" in str(caught.value)
