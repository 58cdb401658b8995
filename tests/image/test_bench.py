"""The benchmark in the image: what "make bench" runs."""

from collections.abc import Iterator

import pytest

from tests.image.containers import Podman

pytestmark = [pytest.mark.image, pytest.mark.timeout(900), pytest.mark.xdist_group("image")]


@pytest.fixture(scope="module")
def benched(podman: Podman, image: str) -> Iterator[str]:
    tag = f"{image}-bench"
    podman.script("build-image", "--bench", image, tag)
    yield tag
    podman("rmi", "--force", tag, check=False)


def test_it_measures_beside_nginx(podman: Podman, benched: str) -> None:
    found = podman.script("bench", benched, "dialects", "--quick")
    assert "nginx" in found
    assert "not measured" not in found
    assert "a streamed event, Bedrock converse" in found


def test_mitmproxy_is_there_for_the_transparent_proxy(podman: Podman, benched: str) -> None:
    python = ("run", "--rm", "--network=host", "--entrypoint=/opt/sluicegate/bin/python", benched)
    assert podman(*python, "-c", "import mitmproxy.http; print('found')").stdout == "found\n"


def test_without_an_image_it_says_how_it_is_called(podman: Podman) -> None:
    with pytest.raises(AssertionError, match=r"usage: scripts/bench IMAGE"):
        podman.script("bench")
