"""Policy files in a folder, and who has which: all of it right, or refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.policy_folder import Policies, check_policies, read_policies
from sluicegate.appliance.settings import Settings, load
from sluicegate.detection.presets import BALANCED, PRESETS, STRICT
from sluicegate.detection.testing import FakeInspector
from sluicegate.detection.types import Action, Principal

type Read = Callable[..., Policies]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a settings file and policy files, and read them."""

    def write_and_read(toml: str = "", **files: str) -> Policies:
        folder = tmp_path / "data" / "policies"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.toml").write_text(text)
        config = tmp_path / "sluicegate.toml"
        config.write_text(toml)
        return read_policies(load(config, {"data_dir": str(tmp_path / "data")}, {}))

    return write_and_read


def test_without_files_there_are_the_presets_with_what_the_settings_change(tmp_path: Path) -> None:
    plain = read_policies(Settings(data_dir=tmp_path))
    assert plain.table.default == BALANCED
    assert dict(plain.known) == PRESETS
    assert not plain.tested
    chosen = Settings(
        data_dir=tmp_path, policy="strict", block_style="error", show_categories=True, restore=False
    )
    changed = read_policies(chosen).table.default
    assert changed.clauses == STRICT.clauses
    assert (changed.block_style, changed.show_categories, changed.restore) == ("error", True, False)
    assert changed.digest != STRICT.digest


def test_files_extend_each_other_in_any_order_and_stand_on_the_settings(read: Read) -> None:
    found = read(
        'policy = "a"\nblock_style = "error"\n',
        a='extends = "b"\nsafe_text = "a"',
        b='extends = "c"\nunscannable = "block"',
        c='extends = "strict"\nsafe_text = "c"',
    )
    default = found.table.default
    assert (default.name, default.safe_text, default.unjudged) == ("a", "a", Action.BLOCK)
    assert default.block_style == "error"
    assert found.known["b"].safe_text == "c"


def test_tenants_applications_and_routes_have_policies(read: Read) -> None:
    found = read(
        """
        [policies.tenants]
        acme = "strict"
        [policies.applications]
        "help desk" = "own"
        [policies.routes]
        "/v1/embeddings" = "monitor"
        "help desk /v1/embeddings" = "strict"
        "/v1/guardrails" = "monitor"
        """,
        own='extends = "balanced"',
    )
    chat, embeddings = "/v1/chat/completions", "/v1/embeddings"
    for tenant, application, route, name in (
        ("t", "x", chat, "balanced"),
        ("acme", "x", chat, "strict"),
        ("acme", "help desk", chat, "own"),
        ("acme", "x", embeddings, "monitor"),
        ("t", "help desk", embeddings, "strict"),
        ("t", "x", "/v1/guardrails", "monitor"),
    ):
        assert found.table.policy(Principal(tenant, "a", application, "k"), route).name == name


def test_a_folder_may_be_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.toml").write_text('extends = "strict"')
    (tmp_path / "elsewhere" / "notes.txt").write_text("no policy")
    assert "far" in read('policies.folder = "../elsewhere"').known
    with pytest.raises(SettingError, match=r"line 1: policies\.folder: .*nowhere is no folder"):
        read('policies.folder = "nowhere"')


@pytest.mark.parametrize(
    ("toml", "files", "message"),
    [
        (
            'policy = "owm"',
            {"own": 'extends = "strict"'},
            "policy: there is no policy 'owm'; did you mean own?",
        ),
        (
            "",
            {"own": 'extends = "x"'},
            "own.toml: policy own: extends: must be one of monitor, balanced, strict",
        ),
        ("", {"own": "x ="}, "own.toml: policy own: not TOML"),
        ("", {"own": ""}, "own.toml: policy own: extends: missing"),
        ("", {"own": 'extends = "own"'}, "own.toml: policy own: extends itself"),
        ("", {"a": 'extends = "b"', "b": 'extends = "a"'}, "extends itself by way of others"),
        ("", {"strict": 'extends = "monitor"'}, "strict.toml: strict is the name of a built-in policy"),
        ("", {"Own": 'extends = "strict"'}, "Own.toml: policy Own: a name holds lower-case letters"),
        ("", {"own": 'extends = "strict"\nx = 1'}, "own.toml: policy own: x: there is no such key"),
        ("policies = 1", {}, "line 1: policies: expected a table"),
        ("[policies]\nfolders = 'x'", {}, "line 2: policies.folders: no such key; did you mean folder?"),
        ("[policies]\nfolder = ''", {}, "line 2: policies.folder: expected a path"),
        ("[policies]\ntenants = 'x'", {}, "line 2: policies.tenants: expected a table"),
        ("[policies.tenants]\nacme = 1", {}, "line 2: policies.tenants.acme: expected the name of a policy"),
        (
            "[policies.tenants]\nacme = 'strickt'",
            {},
            "line 2: policies: there is no policy 'strickt'; did you",
        ),
        (
            "[policies.routes]\n'/v1/chat/completion' = 'strict'",
            {},
            "policies.routes: no inspected route is /v1/chat/completion; did you mean /v1/chat/completions?",
        ),
        ("[policies.routes]\n'/v1/models' = 'strict'", {}, "no inspected route is /v1/models"),
    ],
)
def test_what_is_wrong_is_named(read: Read, toml: str, files: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        read(toml, **files)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_what_cannot_be_read_is_named(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(own='extends = "strict"')
    path = tmp_path / "data" / "policies" / "own.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(SettingError, match=r"own\.toml: not UTF-8"):
        read()
    monkeypatch.setattr("sluicegate.appliance.policy_folder.LARGEST", 10)
    path.write_text("#" * 11)
    with pytest.raises(SettingError, match=r"own\.toml: larger than 10 bytes"):
        read()
    monkeypatch.setattr("sluicegate.appliance.policy_folder.MOST_FILES", 0)
    with pytest.raises(SettingError, match="holds more than 0 policies"):
        read()
    path.unlink()
    path.mkdir()
    monkeypatch.undo()
    with pytest.raises(SettingError, match=r"own\.toml: cannot be read"):
        read()


TESTED = 'extends = "balanced"\n[tests]\nmust_pass = [{}]\nmust_block = ["attack!"]'


@pytest.mark.parametrize(
    ("texts", "failed"),
    [
        ('"hello"', ""),
        ('"hello", "an attack!"', "policy own: 1 of 3 tests failed: must_pass 2 came to block by fake_rule"),
        (", ".join(['"attack!"'] * 5), "policy own: 5 of 6 tests failed: .*; and 2 more"),
    ],
)
def test_the_tests_of_every_file_must_pass(read: Read, texts: str, failed: str) -> None:
    found = read(own=TESTED.format(texts))
    assert found.tested
    inspector: Any = FakeInspector(block=(b"attack!",))
    if failed:
        with pytest.raises(SettingError, match=failed):
            check_policies(found, inspector)
    else:
        check_policies(found, inspector)
