"""A supervisor over children that only pretend, as a program: what they do is its first argument."""

import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sluicegate.appliance.board import Board, Slot
from sluicegate.appliance.errors import ApplianceError
from sluicegate.appliance.lifeline import Lifeline, News, Order
from sluicegate.appliance.logging import configure
from sluicegate.appliance.post import Crew
from sluicegate.appliance.supervisor import Supervisor

NOTES = Path("notes.txt")

type Main = Callable[[Slot, Lifeline], None]


def note(words: str) -> None:
    """Add a line to the notes, whoever writes; short lines are never mixed."""
    with NOTES.open("a") as file:
        file.write(words + "\n")


def good(name: str, *, lingers: bool = False) -> Main:
    """Be ready, live, and end when told to; one that lingers has connections that do not end."""

    def main(slot: Slot, line: Lifeline) -> None:
        note(f"{name} ready")
        line.tell(News(ready=True))
        while True:
            select.select([line], [], [], 0.1)
            slot.alive()
            for order in line.orders():
                note(f"{name} {'orphaned' if order is None else order.name.lower()}")
                if order is not Order.ANNOUNCE and not (lingers and order is Order.RETIRE):
                    return

    return main


def refused(_slot: Slot, _line: Lifeline) -> None:
    """Say why it cannot be."""
    error = ApplianceError("the moon is full")
    error.exit_code = 3
    raise error


def dies(_slot: Slot, _line: Lifeline) -> None:
    """End without a word."""
    note("born")
    os._exit(7)


def breaks(_slot: Slot, _line: Lifeline) -> None:
    """Fail with a text that nobody may read."""
    raise ValueError("a secret of somebody's")


def silent(_slot: Slot, line: Lifeline) -> None:
    """Be ready and never give a sign of life again, nor listen."""
    note("silent ready")
    line.tell(News(ready=True))
    while True:
        time.sleep(60)


WORKERS = {
    "good": good("worker"),
    "lingers": good("lingering", lingers=True),
    "refused": refused,
    "dies": dies,
    "breaks": breaks,
    "silent": silent,
}


def main() -> int:
    """Run until told to stop; a reload turns workers into those that the second argument names."""
    first, second = sys.argv[1], (sys.argv[2:] or ["good"])[0]
    configure("info", "json")
    control = good("control")
    crew = Crew(control, WORKERS[first], 2, 1.0)
    board = Board(9)

    def reread() -> Crew:
        if second == "bad":
            raise ApplianceError("no such setting")
        return Crew(control, WORKERS[second], 2, 1.0)

    try:
        Supervisor(crew, board, doors=(), reread=reread).run()
    except ApplianceError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
