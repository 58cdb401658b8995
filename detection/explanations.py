"""Categories in words that a person can read who knows nothing of rules."""

from collections.abc import Mapping

from .categories import closest
from .notice import OVERFULL, UNSCANNABLE
from .types import Direction, Why

WORDS: Mapping[str, str] = {
    "": "It holds something that the policy of your organisation does not let through.",
    "secret": "It holds what looks like a password, a key or another credential.",
    "pii": "It holds what looks like personal data, such as an address or the number of one person.",
    "prompt_attack": "It holds words that try to turn a model against its instructions.",
    "prompt_attack.override": "It tells the model to disregard its instructions.",
    "prompt_attack.extraction": "It tries to make the model reveal its instructions.",
    "prompt_attack.jailbreak": "It tries to talk the model out of its limits.",
    "prompt_attack.indirect": "A document or a tool's output in it gives the model instructions.",
    "harmful": "It asks for, or tells, something that may do people harm.",
    "harmful.toxicity": "It insults, threatens or degrades somebody.",
    "exfiltration": "It holds a link or an image that would carry data to somebody else.",
    "code": "It holds a command or code that could do damage where it is run.",
    "leak": "It repeats what the model was told to keep to itself.",
    "custom": "It holds something that a rule of your organisation names.",
    "deny": "It holds a word or a value that your organisation has put on a list.",
    "placeholder": "It holds a placeholder that does not belong to this conversation.",
    OVERFULL: "It holds more secrets and personal data than can be replaced in one go.",
    UNSCANNABLE: "It holds a part that nobody could look into, such as an image.",
}
"""What is said of a category and of everything below it that is not named itself."""


def explain(why: Why) -> str:
    """Return two sentences: what was stopped, and - as far as the policy tells - why."""
    what = "The request" if why.direction is Direction.PROMPT else "The answer"
    return f"{what} was stopped. {closest(WORDS, why.category) or WORDS['']}"
