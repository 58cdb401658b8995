"""Makes the corpus from seeds, carriers and styles; the same numbers in give the same rows out.

python -m scripts.training.corpus.generate --out corpus.jsonl --avoid DATA/eval --avoid DATA/eval-only
"""

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .carriers import PLACES, Carrier, bare, carriers, carry, fillers
from .encodings import encode
from .kinds import use
from .overlap import Overlap, normal
from .seeds import ATTACK, BENIGN, Seed, fill, seeds
from .styles import styled

HEAD = "attack"
DIRECT = "none"
_OWN_LANGUAGE = 0.7
_LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class Row:
    """One example: `label` 1 is an attack. `technique` is the seed's technique or, if benign, its kind.

    `carrier` is "none" for a message of its own; `place` says where the payload stands in a carrier; `seed`
    is the file and line it came from, so that a split by seed keeps its variants together.
    """

    id: str
    text: str
    label: int
    head: str
    technique: str
    carrier: str
    place: str
    lang: str
    style: str
    seed: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to make. `direct` and `carried` are variants of one seed; `bare` of one empty carrier."""

    seed: int = 1
    direct: int = 4
    carried: int = 5
    bare: int = 16
    benign_carried: int = 10


def _row(text: str, seed: Seed, label: int, style: str, carrier: str = DIRECT, place: str = "") -> Row:
    key = hashlib.blake2s(normal(text).encode(), digest_size=8).hexdigest()
    return Row(key, text, label, HEAD, seed.name, carrier, place, seed.lang, style, seed.id)


def _payload(seed: Seed, turn: int, rng: random.Random) -> tuple[str, str]:
    """Style and text of one variant; the first is always plain."""
    text = encode(fill(seed.text, seed.lang, rng))
    return styled(text, seed.lang, rng) if turn and use(seed).styled else ("plain", text)


def _chance(plan: Plan, *key: object) -> random.Random:
    return random.Random(":".join(map(str, (plan.seed, *key))))


def _direct(seed: Seed, plan: Plan) -> Iterator[Row]:
    way = use(seed)
    if not (way.direct or way.twin):
        return
    turns = 1 if way.twin or not (way.styled or seed.slotted) else plan.direct * way.times
    for turn in range(turns):
        style, text = _payload(seed, turn, _chance(plan, seed.id, seed.text, turn))
        yield _row(text, seed, BENIGN if way.twin else seed.label, style)


def _fitting(lang: str, rng: random.Random, pool: Sequence[Carrier]) -> Carrier:
    """A carrier in the seed's language, at times in English: tools and logs often are."""
    name = rng.choice(sorted({carrier.name for carrier in pool}))
    named = [carrier for carrier in pool if carrier.name == name]
    own = [carrier for carrier in named if carrier.lang == lang]
    if not own or rng.random() > _OWN_LANGUAGE:
        own = [carrier for carrier in named if carrier.lang == "en"] or own or named
    return rng.choice(own)


def _carried(seed: Seed, plan: Plan, pool: Sequence[Carrier]) -> Iterator[Row]:
    if not (use(seed).carried and pool):
        return
    turns = plan.carried if seed.label == ATTACK else plan.benign_carried
    for turn in range(turns * use(seed).times):
        rng = _chance(plan, seed.id, seed.text, "carried", turn)
        style, payload = _payload(seed, turn, rng)
        carrier = _fitting(seed.lang, rng, pool)
        place = rng.choice(PLACES)
        text = carry(carrier, payload, place, rng)
        yield _row(text, seed, seed.label, style, carrier.name, place)


def _bare(carrier: Carrier, plan: Plan) -> Iterator[Row]:
    """The carrier with nothing in it, then with ordinary sentences where an attack would stand."""
    source = Seed("carrier", carrier.lang, carrier.number, BENIGN, carrier.text)
    found = fillers(carrier.lang)
    for turn in range(plan.bare if found else 1):
        rng = _chance(plan, carrier.id, turn)
        place = rng.choice(PLACES) if turn else ""
        said = " ".join(rng.sample(found, rng.randint(1, min(3, len(found))))) if turn else ""
        text = carry(carrier, said, place, rng) if turn else bare(carrier, rng)
        yield replace(_row(text, source, BENIGN, "plain", carrier.name, place), seed=carrier.id)


def _apart(avoid: Container[str]) -> Iterator[Seed]:
    """The seeds that say nothing of what a file to keep apart says; the rows judge one with slots."""
    for seed in (*seeds(ATTACK), *seeds(BENIGN)):
        if seed.slotted or encode(fill(seed.text, seed.lang, random.Random(0))) not in avoid:
            yield seed


def candidates(plan: Plan, avoid: Container[str] = ()) -> Iterator[Row]:
    """Every row before any is dropped: attacks, benign seeds, empty carriers."""
    pool = carriers()
    for seed in _apart(avoid):
        yield from _direct(seed, plan)
        yield from _carried(seed, plan, pool)
    for carrier in pool:
        yield from _bare(carrier, plan)


def kept(rows: Iterable[Row], avoid: Container[str] = ()) -> Iterator[Row]:
    """The rows without those said before (the first stays), too long, or found in `avoid`."""
    seen: set[str] = set()
    for row in rows:
        if row.id not in seen and len(row.text) <= _LONGEST and row.text not in avoid:
            seen.add(row.id)
            yield row


def main(arguments: Sequence[str] | None = None) -> None:
    """Write JSON lines to a file or to standard output, and counts to standard error."""
    usual = Plan()
    parser = argparse.ArgumentParser(description="Make the training corpus from its seeds.")
    parser.add_argument("--out", type=Path, help="file to write; standard output when left out")
    parser.add_argument("--seed", type=int, default=usual.seed, help="the source of chance")
    parser.add_argument("--direct", type=int, default=usual.direct, help="variants of a seed as a message")
    parser.add_argument("--carried", type=int, default=usual.carried, help="variants of an attack inside")
    parser.add_argument("--avoid", type=Path, action="append", default=[], help="folder to keep apart from")
    asked = parser.parse_args(arguments)
    plan = Plan(seed=asked.seed, direct=asked.direct, carried=asked.carried)
    avoid = Overlap(asked.avoid)
    made = list(candidates(plan, avoid))
    rows = list(kept(made, avoid))
    lines = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    if asked.out:
        asked.out.write_text(lines, encoding="utf-8")
    else:
        sys.stdout.write(lines)
    labels = Counter(row.label for row in rows)
    print(f"{labels[1]} attacks, {labels[0]} benign; {len(made) - len(rows)} dropped", file=sys.stderr)


if __name__ == "__main__":
    main()
