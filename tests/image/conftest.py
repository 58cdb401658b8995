"""The image of this checkout, built once, and podman; nothing of it stays."""

import shutil
import uuid
from collections.abc import Iterator

import pytest

from tests.image.containers import Podman


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    if shutil.which("podman") is None:
        pytest.skip("podman is not on this machine")
    return Podman(tmp_path_factory.mktemp("podman") / "containers.conf")


@pytest.fixture(scope="session")
def image(podman: Podman) -> Iterator[str]:
    tag = f"localhost/sluicegate-test:{uuid.uuid4().hex[:8]}"
    podman.build(tag)
    yield tag
    podman("rmi", "--force", tag, check=False)
