"""Packs that were not shipped: taken with a fitting signature, refused with a reason."""

from pathlib import Path

import pytest

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.packs import check_pack, external_rules, make_key, sign_pack
from sluicegate.appliance.settings import Settings
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.texts import Text
from tests.detection.support import ALICE, RULES, inspector_of

PACK = """
[[rule]]
id = "harbour_pass"
category = "secret.harbour_pass"
level = "high"
label = "Pass"
pattern = 'HBR-[0-9]{6}'
anchor = 'HBR-[0-9]'
source = "the harbour office: passes of pilots"
examples = ["my pass HBR-123456"]
near_misses = ["HBR-12345"]
"""


def written(folder: Path, text: str = PACK) -> Path:
    """Write a pack into a data directory."""
    path = folder / "packs" / "ours.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def keys() -> tuple[bytes, str]:
    """A pair of keys."""
    return make_key()


def test_a_signed_pack_is_taken(tmp_path: Path, keys: tuple[bytes, str]) -> None:
    sign_pack(written(tmp_path), keys[0])
    (rule,) = external_rules(Settings(data_dir=tmp_path, packs_key=keys[1]))
    assert rule.id == "harbour_pass"
    judged = inspector_of((*RULES[:5], rule)).texts(BALANCED, ALICE).prompt([Text("HBR-123456")])
    assert [item.rule for item in judged.verdict.findings] == ["harbour_pass"]


def test_no_folder_is_no_pack(tmp_path: Path) -> None:
    assert external_rules(Settings(data_dir=tmp_path)) == ()


def test_without_a_key_nothing_is_taken(tmp_path: Path, keys: tuple[bytes, str]) -> None:
    sign_pack(written(tmp_path), keys[0])
    with pytest.raises(SettingError, match="packs_key is not set"):
        external_rules(Settings(data_dir=tmp_path))


def test_a_pack_without_signature_is_refused(tmp_path: Path, keys: tuple[bytes, str]) -> None:
    written(tmp_path)
    with pytest.raises(SettingError, match=r"ours\.toml\.sig is missing"):
        external_rules(Settings(data_dir=tmp_path, packs_key=keys[1]))


@pytest.mark.parametrize("change", ["pack", "signature", "key"])
def test_whatever_was_changed_is_refused(tmp_path: Path, keys: tuple[bytes, str], change: str) -> None:
    path = written(tmp_path)
    beside, public = sign_pack(path, keys[0]), keys[1]
    if change == "pack":
        path.write_text(PACK.replace("{6}", "{7}"))
    elif change == "signature":
        sign_pack(path, make_key()[0])
        assert beside.is_file()
    else:
        public = make_key()[1]
    with pytest.raises(SettingError, match="does not fit"):
        external_rules(Settings(data_dir=tmp_path, packs_key=public))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("my pass HBR-123456", "HBR-123456 it is"), "example 1 does not end with a match"),
        (('HBR-12345"', 'HBR-123456"'), "near miss 1 is found"),
        (("{6}", "*"), "max_length"),
        (("[[rule]]", "[[rules]]"), "must hold"),
        (("secret.harbour", "harbour.pass"), "category"),
    ],
)
def test_a_faulty_pack_is_explained(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    with pytest.raises(SettingError, match=fault):
        check_pack(written(tmp_path, PACK.replace(*change)))


def test_the_id_of_a_shipped_rule_is_refused(tmp_path: Path, keys: tuple[bytes, str]) -> None:
    sign_pack(written(tmp_path, PACK.replace("harbour_pass", RULES[0].id, 1)), keys[0])
    with pytest.raises(SettingError, match="another rule has this id"):
        external_rules(Settings(data_dir=tmp_path, packs_key=keys[1]))
