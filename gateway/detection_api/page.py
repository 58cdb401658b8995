"""A web page or an e-mail as its readers have it: what a person sees, and what only a program reads."""

import re
from collections import Counter
from typing import NamedTuple

from .html_tokens import RAW, Tag, Words, tokens

MOST_PIECES = 500
"""Hidden texts, and links, that are kept apart; more hidden texts are joined to one."""
DEEPEST = 256
"""Open elements that are told apart; deeper ones share the fate of the deepest."""

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_NEVER_SHOWN = frozenset(("template", "noscript", "head", "title", "script", "style"))
_SPOKEN = ("alt", "title", "aria-label", "placeholder", "content", "summary", "value")
"""Attributes that hold text."""
_HIDDEN = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0?(?:\.0\d*)?(?:;|$)"
    r"|font-size:(?:0|[01]px|0?\.\d+(?:px|em|rem))|(?:max-)?(?:height|width):0(?:px)?(?:;|$)"
    r"|text-indent:-\d{3}|(?:left|top|right|bottom|margin-left):-\d{3}|clip:rect\(0|clip-path:inset\(100%"
    r"|color:(?:transparent|rgba\([^)]{1,30},0\))"
)
_COLOUR = re.compile(r"(?:^|;)(color|background(?:-color)?):([#\w(),.%]{1,40})")
_MARKUP = re.compile(r"<[A-Za-z!/]")
_SELECTOR = re.compile(r"[.#]?[\w-]{1,64}")
_MOST_RULES = 2_000


class Link(NamedTuple):
    """A link: where it leads and what it says."""

    target: str
    text: str


class Page(NamedTuple):
    """What a page holds."""

    seen: str
    hidden: tuple[str, ...]
    links: tuple[Link, ...]


def read_page(source: str) -> Page:
    """Read HTML. A text without markup is seen as it is. Linear in the length."""
    if not _MARKUP.search(source):
        return Page(source, (), ())
    reader = _Reader(_hiding_selectors(source))
    for token in tokens(source):
        if isinstance(token, Tag):
            reader.tag(token)
        else:
            reader.words(token)
    return reader.page()


class _Reader:
    """Follows the open elements and sorts the words."""

    def __init__(self, selectors: frozenset[str]) -> None:
        self._selectors = selectors
        self._open: list[tuple[str, bool]] = []
        self._counts: Counter[str] = Counter()
        self._seen: list[str] = []
        self._hidden: list[str] = []
        self._more: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._ended: list[Link] = []

    def tag(self, tag: Tag) -> None:
        """Take a tag: what its attributes say, and what it opens or closes."""
        if tag.closes:
            self._close(tag.name)
            return
        spoken = [tag.attributes[name] for name in _SPOKEN if tag.attributes.get(name, "").strip()]
        self._keep(spoken)
        if tag.name == "a" and "href" in tag.attributes:
            self._links.append((tag.attributes["href"], len(self._seen)))
        if tag.name in _VOID or len(self._open) >= DEEPEST:
            return
        hidden = self._is_hidden or self._hides(tag)
        self._open.append((tag.name, hidden))
        self._counts[tag.name] += 1

    def words(self, words: Words) -> None:
        """Take the words between two tags."""
        if not words.text.strip():
            return
        if words.comment or self._is_hidden:
            if not (self._open and self._open[-1][0] in RAW):
                self._keep([words.text])
        else:
            self._seen.append(words.text)

    def page(self) -> Page:
        """What was read."""
        while self._links:
            self._end_link()
        more = ["\n".join(self._more)] if self._more else []
        return Page("\n".join(self._seen), (*self._hidden, *more), tuple(self._ended))

    @property
    def _is_hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _keep(self, texts: list[str]) -> None:
        for text in texts:
            (self._hidden if len(self._hidden) < MOST_PIECES else self._more).append(text)

    def _close(self, name: str) -> None:
        if name == "a" and self._links:
            self._end_link()
        if not self._counts[name]:
            return
        while self._open:
            closed, _ = self._open.pop()
            self._counts[closed] -= 1
            if closed == name:
                return

    def _end_link(self) -> None:
        target, begun = self._links.pop()
        if len(self._ended) < MOST_PIECES:
            self._ended.append(Link(target, " ".join(self._seen[begun : begun + 8])))

    def _hides(self, tag: Tag) -> bool:
        given = tag.attributes
        if tag.name in _NEVER_SHOWN or "hidden" in given or given.get("aria-hidden", "").lower() == "true":
            return True
        if is_hiding(given.get("style", "")):
            return True
        if not self._selectors:
            return False
        names = {
            tag.name,
            "#" + given.get("id", ""),
            *("." + name for name in given.get("class", "").split()),
        }
        return not names.isdisjoint(self._selectors)


def is_hiding(style: str) -> bool:
    """Say whether declarations hide what they are about: by any of the usual ways."""
    packed = re.sub(r"\s+|!important", "", style.lower())
    if _HIDDEN.search(packed):
        return True
    colours = dict(_COLOUR.findall(packed))
    own = colours.get("color")
    return own is not None and own in (colours.get("background"), colours.get("background-color"))


def _hiding_selectors(source: str) -> frozenset[str]:
    """Return the plain selectors of the page's own style sheets that hide."""
    found: set[str] = set()
    inside = False
    for token in tokens(source):
        if isinstance(token, Tag):
            inside = token.name == "style" and not token.closes
        elif inside:
            for rule in token.text.split("}")[:_MOST_RULES]:
                selectors, _, declarations = rule.partition("{")
                if is_hiding(declarations):
                    names = (name.strip() for name in selectors.split(","))
                    found.update(name for name in names if _SELECTOR.fullmatch(name))
    return frozenset(found)
