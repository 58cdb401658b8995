"""A settings file says on which line each of its values stands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.errors import SettingError
from sluicegate.appliance.toml_file import Keys, read_toml

TEXT = """\
# a comment

policy = "strict"
host = '''
127.0.0.1'''
ports = [
    1,
    2,
]

[[upstreams]]
name = "a"

# second
[[upstreams]]
models = [
  "gpt-*",
]
name = "b"
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        pytest.param(("policy",), 3, id="one line"),
        pytest.param(("host",), 4, id="multi-line string starts"),
        pytest.param(("ports",), 6, id="multi-line array starts"),
        pytest.param(("upstreams",), 11, id="first table"),
        pytest.param(("upstreams", 0, "name"), 12, id="key of the first table"),
        pytest.param(("upstreams", 1), 15, id="second table"),
        pytest.param(("upstreams", 1, "models"), 16, id="array of the second table"),
        pytest.param(("upstreams", 1, "name"), 19, id="same key of the second table"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_line_of_a_value(tmp_path: Path, keys: Keys, line: int, ending: str) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(TEXT.replace("\n", ending).encode())
    file = read_toml(path)
    assert file.line(keys) == line
    assert file.place(keys) == f"{path}, line {line}"


@given(st.lists(st.sampled_from(["", "# x", "k{} = 1", "k{} = [\n1,\n]", 'k{} = """\n\n"""']), max_size=12))
def test_line_of_every_key_of_any_file(
    tmp_path_factory: pytest.TempPathFactory, statements: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "s.toml"
    text, expected = "", {}
    for number, statement in enumerate(statements):
        if "{}" in statement:
            expected[f"k{number}"] = text.count("\n") + 1
        text += statement.format(number) + "\n"
    path.write_text(text)
    file = read_toml(path)
    assert {key: file.line((key,)) for key in expected} == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a = 1\nb = \n", "line 2: not TOML: Invalid value", id="syntax"),
        pytest.param(b"a = 1\na = 2\n", "line 2: not TOML: Cannot overwrite a value", id="twice"),
        pytest.param(b"a = 1\nb = '\xff'\n", "line 2: not UTF-8 text", id="encoding"),
        pytest.param(b"a = [\n1,\n", "line 3: not TOML", id="end of file"),
        pytest.param(b"#" * (1024 * 1024 + 1), "larger than 1048576 bytes", id="size"),
    ],
)
def test_unreadable_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(content)
    with pytest.raises(SettingError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read: No such file"):
        read_toml(tmp_path / "none.toml")
