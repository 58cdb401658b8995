"""Operations by path: which request lines belong to the detection service, and what they name."""

import pytest

from sluicegate.gateway.detection_api.call import Call, Operation, Reply
from sluicegate.gateway.detection_api.table import LONGEST_PARAMETER, OperationTable
from sluicegate.middleware.rejection import Rejected
from tests.middleware.client import scope


async def nothing(_: Call) -> Reply:
    """Stand in for what an operation does."""
    return Reply(b"{}")


def operation(method: str, path: str) -> Operation:
    return Operation(method=method, path=path, family="test", summary="Nothing", handler=nothing)


TABLE = OperationTable(
    [
        operation("GET", "/v1/things"),
        operation("GET", "/v1/things/{name}"),
        operation("DELETE", "/v1/things/{name}"),
        operation("GET", "/v1.0/{first}/of/{second}"),
    ]
)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/v1/things", {}),
        ("/v1/things/a", {"name": "a"}),
        ("/v1/things/a+b", {"name": "a+b"}),
        ("/v1/things/" + "a" * LONGEST_PARAMETER, {"name": "a" * LONGEST_PARAMETER}),
        ("/v1.0/a/of/b", {"first": "a", "second": "b"}),
    ],
)
def test_a_path_that_fits_belongs_to_the_table(path: str, names: dict[str, str]) -> None:
    assert TABLE.owns(path)
    found, named = TABLE.find(scope("GET", path))
    assert found.method == "GET"
    assert named == names


@pytest.mark.parametrize(
    "path",
    [
        "/v1/things/",
        "/v1/things/a/",
        "/v1/things/a/b",
        "/v1/thing/a",
        "/v1/things/" + "a" * (LONGEST_PARAMETER + 1),
        "/v1x0/a/of/b",
        "/v1.0/a/of/",
        "/v1.0//of/b",
        "/V1/things/a",
        "x/v1/things/a",
        "/v1/things\n",
        "",
    ],
)
def test_a_near_miss_does_not(path: str) -> None:
    assert not TABLE.owns(path)


def test_a_method_that_a_path_does_not_know_is_told_those_it_knows() -> None:
    with pytest.raises(Rejected) as refused:
        TABLE.find(scope("POST", "/v1/things/a"))
    assert refused.value.status == 405
    assert dict(refused.value.headers)[b"allow"] == b"DELETE, GET"


def test_a_table_without_templates_owns_only_what_it_lists() -> None:
    table = OperationTable([operation("GET", "/v1/things")])
    assert table.owns("/v1/things")
    assert not table.owns("/v1/things/a")


def test_an_operation_is_listed_once() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        OperationTable([operation("GET", "/a/{b}"), operation("GET", "/a/{b}")])
