"""Rules that fill the shipped packs up to a number, made in their likeness.

Four shapes, as often as the packs have them: tokens with a prefix of their own, tokens behind a
name, numbers that want a word beside them, and phrases. Each has an anchor that selects as well,
and as badly, as theirs; none matches anything that the benchmark sends.
"""

from itertools import islice, product

from ...detection.rules import Rule, load_pack, load_packs

_SYLLABLES = (
    "ba",
    "dor",
    "fi",
    "gul",
    "ka",
    "lem",
    "mo",
    "nis",
    "pra",
    "quo",
    "ret",
    "su",
    "tav",
    "vex",
    "zy",
)
_DEFAULTS = '[defaults]\nsource = "made up for the benchmark"\n'

_PREFIXED = """
[[rule]]
id = "filler_token_{n}"
category = "secret.filler"
level = "high"
label = "Filler"
pattern = '{word}_[A-Za-z0-9]{{32}}'
anchor = '{word}_[A-Za-z0-9]{{4}}'
before = 'A-Za-z0-9_'
after = 'A-Za-z0-9_'
examples = ["{word}_{letters}"]
near_misses = ["{word}-{letters}"]
"""
_NAMED = """
[[rule]]
id = "filler_named_{n}"
category = "secret.filler"
level = "high"
label = "Filler"
caseless = true
lead = '{word}[_. -]?key\\s{{0,3}}[:=]\\s{{0,3}}'
pattern = '[A-Za-z0-9]{{32}}'
anchor = '{word}.?key'
after = 'A-Za-z0-9_'
examples = ["{word}_key = {letters}"]
near_misses = ["{word}_key of {letters}"]
"""
_NUMBER = """
[[rule]]
id = "filler_number_{n}"
category = "pii.filler"
level = "medium"
label = "Filler"
pattern = '{pair}[0-9]{{4}} ?[0-9]{{5}}'
anchor = '{pair}[0-9]{{4}}'
context = ["{word} number", "{word} no"]
before = 'A-Za-z0-9_'
after = 'A-Za-z0-9_'
examples = ["{word} number {pair}1234 56789"]
near_misses = ["{word} letter {pair}1234 56789"]
"""
_PHRASE = """
[[rule]]
id = "filler_phrase_{n}"
category = "prompt_attack.filler"
level = "medium"
caseless = true
directions = ["prompt"]
pattern = '(?:pretend|act|behave)\\s{{1,3}}(?:to be|as|like)\\s{{1,3}}(?:a |the ){{0,2}}{word}(?:bot|mode)?'
anchor = '{word}'
before = 'A-Za-z0-9_'
examples = ["pretend to be {word}"]
near_misses = ["pretend that {word}"]
"""
_SHAPES = (_PREFIXED, _PHRASE, _NUMBER, _PHRASE, _NAMED, _PREFIXED, _PHRASE)
_LETTERS = "Q7rT2mZx9Lw4Vb8Nc3Kd6Hf1Js5Pg0Ya"


def filled_packs(count: int) -> tuple[Rule, ...]:
    """Return so many rules: evenly spread shipped ones, or all of them and made-up ones; all for 0."""
    shipped = load_packs()
    if not count:
        return shipped
    missing = count - len(shipped)
    if missing > 0:
        return (*shipped, *filler_rules(missing))
    return tuple(shipped[place * len(shipped) // count] for place in range(count))


def filler_rules(count: int) -> tuple[Rule, ...]:
    """Return `count` made-up rules, the same every time."""
    words = islice(product(_SYLLABLES, repeat=4), 7, None, 11)
    tables = [
        _SHAPES[n % len(_SHAPES)].format(n=n, word="".join(word), letters=_LETTERS, pair=_pair(n))
        for n, word in zip(range(count), words, strict=False)
    ]
    return load_pack(_DEFAULTS + "".join(tables), "filler")


def _pair(number: int) -> str:
    first, second = divmod(number % 676, 26)
    return chr(65 + first) + chr(65 + second)
