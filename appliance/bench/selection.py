"""Which subjects and cells a run measures, from what the command line says."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import SettingError
from ..nearest import did_you_mean
from .cells import CELLS, Cell
from .own_subject import GUARDED, PROXY_ONLY, UNGUARDED
from .peers import Ferrogw, LiteLlm, Portkey, find
from .plain_subjects import Direct, Nginx
from .subject import Subject

PEERS = {"ferrogw": "ferrogw", "portkey": "portkey-gateway", "litellm": "litellm"}
"""Peers by name, and what their program is called where it is installed."""

WORKERS = "workers"
"""Names the comparison of one worker with two."""


def all_subjects(peers: Mapping[str, Path]) -> list[Subject]:
    """Return everything that can be measured, found or not."""
    programs = {name: find(name, program, peers) for name, program in PEERS.items()}
    return [
        Direct(),
        Nginx(),
        PROXY_ONLY,
        UNGUARDED,
        GUARDED,
        Ferrogw(programs["ferrogw"]),
        Ferrogw(programs["ferrogw"], plugins=True),
        Portkey(programs["portkey"]),
        LiteLlm(programs["litellm"]),
    ]


def scaling_subjects() -> list[Subject]:
    """Return what shows how one worker and two compare, ours and nginx's."""
    return [
        Nginx(name="nginx-1"),
        Nginx(name="nginx-2", workers=2),
        GUARDED.but(name="guarded-1", workers=1),
        GUARDED.but(name="guarded-2", workers=2),
    ]


def chosen(subjects: Sequence[Subject], only: Iterable[str]) -> tuple[list[Subject], list[Cell]]:
    """Return the subjects and cells that `only` names; a kind of which nothing is named is whole.

    Nothing but `WORKERS` names no subject. Raises `SettingError` for what is no name at all.
    """
    words = named(only)
    names = [subject.name for subject in subjects]
    cells = [cell.name for cell in CELLS]
    known = {*names, *cells, WORKERS}
    for word in words:
        if word not in known:
            raise SettingError(f"--only: {word}: no such subject or cell{did_you_mean(word, known)}")
    if words == {WORKERS}:
        return [], list(CELLS)
    return (
        [subject for subject in subjects if subject.name in words or not words & {*names}],
        [cell for cell in CELLS if cell.name in words or not words & {*cells}],
    )


def named(only: Iterable[str]) -> set[str]:
    """Return the names in options, each of which may hold several behind commas."""
    return {word for text in only for word in text.split(",") if word}


def read_peers(given: Iterable[str]) -> dict[str, Path]:
    """Read ``NAME=PATH`` options. Raises `SettingError`."""
    peers: dict[str, Path] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not path or name not in PEERS:
            raise SettingError(f"--peer: expected NAME=PATH with one of {', '.join(PEERS)}, not {text!r}")
        peers[name] = Path(path).expanduser().absolute()
    return peers
