"""Wall 2 in a stream: an edited frame keeps the spelling of all that was not edited."""

import pytest

from sluicegate.detection.presets import BALANCED
from tests.detection.support import begin, run

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'"x":1.50', id="trailing zero"),
        pytest.param(b'"x" : [1E5,  -0]', id="exponent and blanks"),
        pytest.param(rb'"x":"\u00e9\/"', id="escapes"),
        pytest.param(b'"x":123456789012345678901234567890', id="huge number"),
        pytest.param(b'"z":1,"a":2', id="order of keys"),
    ],
)
def test_wall_2_an_edited_frame_differs_in_its_text_alone(odd: bytes) -> None:
    inspection, _ = begin(policy=BALANCED)
    left = b'data: {"id":"c","object":"chat.completion.chunk",' + odd + b',"choices":[{"index":0,"delta":'
    left += b'{"content":"A key: '
    right = b' - keep it."},"finish_reason":"stop"}]}\n\n'
    out = run(inspection, [left + SECRET.encode() + right, b"data: [DONE]\n\n"])
    assert out.startswith(left)
    assert out.endswith(right + b"data: [DONE]\n\n")
    assert SECRET.encode() not in out
