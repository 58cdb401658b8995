"""Everyday requests of many kinds, no two alike: what models see most of the time, and nothing to find.

Most are a sentence or two, some bring a paragraph along, a few a page; some are in other languages. The same
seed gives the same requests.
"""

from collections.abc import Iterator
from random import Random

_TASKS = (
    "Write a short note to {who} about {what}.",
    "What should I know about {what} before I talk to {who}?",
    "Give me five ideas for {what}.",
    "Explain {what} as you would to {who}.",
    "Make a table of the costs of {what}, by month.",
    "How do I tell {who} politely that {what} will be late?",
    "Translate this for {who}: we are looking forward to {what}.",
    "Plan a week around {what}; {who} will join on Thursday.",
    "Schreibe eine kurze Nachricht an {who} wegen: {what}.",
    "Rédige un court message pour {who} au sujet de {what}.",
    "Escribe una lista de preguntas para {who} sobre {what}.",
)
_WITH_TEXT = (
    "Shorten this to three sentences.",
    "What are the main points of this text?",
    "Correct the spelling and keep the tone.",
    "Which questions does this leave open?",
    "Turn this into a list for {who}.",
)
_WHO = (
    "my landlord", "a new colleague", "the whole team", "a child of ten", "our supplier in Porto",
    "a customer", "the board", "my sister", "the choir", "the neighbours", "a teacher", "the night shift",
    "our accountant",
)  # fmt: skip
_WHAT = (
    "the summer party", "a leaking tap", "the budget for next year", "a trip to the coast", "the new printer",
    "our garden", "an exam in biology", "the move to a smaller office", "a birthday cake without eggs",
    "the delivery of forty chairs", "a function that sorts dates in Python", "the bicycle race",
    "solar panels", "the minutes of Monday", "a lesson on fractions", "the repair of the roof",
    "a menu for twelve guests",
)  # fmt: skip
_SENTENCES = (
    "The hall is free from {n} o'clock, and the keys are with the caretaker.",
    "Last year {n} people came, which was more than anybody had expected.",
    "The offer is valid for {n} days and includes transport to the door.",
    "We agreed on a price of {n} euros, but the invoice says something else.",
    "It rained on {n} days in June, so the beds by the wall did best.",
    "Please bring the list, a pen and enough paper for {n} copies.",
    "The train leaves at {n} past nine and takes a little longer on Sundays.",
    "Half of the {n} answers were friendly, and one was a poem.",
    "She measured the room twice and wrote {n} centimetres on the plan.",
    "After {n} minutes in the oven the crust is brown and the middle still soft.",
    "The second meeting was shorter, because {n} of the points had been settled by mail.",
    "Nobody had counted the chairs, and in the end {n} were missing.",
)
_KINDS = ("plain",) * 13 + ("paragraph",) * 6 + ("page",)


def requests(seed: int) -> Iterator[str]:
    """Yield requests without end."""
    random = Random(seed)  # noqa: S311 - a mix that can be made again
    while True:
        kind = random.choice(_KINDS)
        task = random.choice(_TASKS if kind == "plain" else _WITH_TEXT)
        asked = task.format(who=random.choice(_WHO), what=random.choice(_WHAT))
        number = random.randrange(10**6)
        if kind == "plain":
            yield f"{asked} It is about number {number}."
        else:
            sentences = random.choices(_SENTENCES, k=8 if kind == "paragraph" else 45)
            text = " ".join(line.format(n=random.randrange(2, 500)) for line in sentences)
            yield f"{asked}\n\nNo. {number}. {text}"
