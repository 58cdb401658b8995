"""The list of models a caller may ask for: the configuration's, and what the upstreams tell."""

import asyncio
import logging
import re
from collections.abc import Mapping

import orjson
from aiocache import SimpleMemoryCache

from ..detection.errors import BadInput, UpstreamFault
from .forward import refuse_misleading, upstream_headers
from .model_names import is_name
from .own_routes import MODELS
from .router import Router
from .translate.pairs import translated_routes
from .upstream.base import Upstream, UpstreamAnswer, UpstreamRequest
from .upstream_spec import UpstreamSpec

FRESH_SECONDS = 60
"""How long an upstream's list is believed, an empty one for a failure too."""
ASK_SECONDS = 5.0
MOST_MODELS = 5_000
LARGEST_LIST = 4 * 1024 * 1024

_ID = re.compile(r"[\x21-\x7e]{1,200}")
_log = logging.getLogger(__name__)


class ModelList:
    """Merges the models of all upstreams; an upstream that is away leaves only its names out."""

    def __init__(self, router: Router, upstreams: Mapping[str, Upstream]) -> None:
        self._router = router
        self._upstreams = upstreams
        self._cache = SimpleMemoryCache(ttl=FRESH_SECONDS)
        self._asking = {spec.name: asyncio.Lock() for spec in router.specs}

    async def render(self, named: str = "") -> bytes:
        """Return OpenAI's list of the models that a request (to the upstream `named`) would reach."""
        reachable = await self._reachable(named)
        data = [_model(model, spec.name) for model, spec in sorted(reachable.items())]
        return orjson.dumps({"object": "list", "data": data})

    async def render_one(self, model: str, named: str = "") -> bytes:
        """Return one model. Raises `BadInput` (404, ``model_not_found``) when none has that name."""
        reachable = await self._reachable(named)
        if model not in reachable:
            raise BadInput("There is no such model.", code="model_not_found", status=404, param="model")
        return orjson.dumps(_model(model, reachable[model].name))

    async def _reachable(self, named: str) -> dict[str, UpstreamSpec]:
        specs = [spec for spec in self._router.specs if named in ("", spec.name)]
        told = await asyncio.gather(*(self._told_by(spec) for spec in specs))
        reachable: dict[str, UpstreamSpec] = {}
        for spec, models in zip(specs, told, strict=True):
            patterns = (*spec.models, *(pattern for pattern, _ in spec.aliases))
            for model in (*filter(is_name, patterns), *models):
                if spec.closeness(model) and self._leads_to(spec, model, named):
                    reachable[model] = spec
        return reachable

    def _leads_to(self, spec: UpstreamSpec, model: str, named: str) -> bool:
        """Say whether a request for the model, in some format, reaches this upstream."""
        routes = (*((provider, "") for provider in spec.kind.speaks), *translated_routes(spec))
        plans = (self._router.plan(model, named, provider, path=path) for provider, path in routes)
        return any(choice.spec is spec for plan in plans for choice in plan.usual)

    async def _told_by(self, spec: UpstreamSpec) -> tuple[str, ...]:
        if spec.models and all(map(is_name, spec.models)):
            return ()
        if spec.kind.models is None and "openai" not in spec.kind.speaks:
            return ()
        async with self._asking[spec.name]:
            known: tuple[str, ...] | None = await self._cache.get(spec.name)
            if known is None:
                known = await self._ask(spec)
                await self._cache.set(spec.name, known)
            return known

    async def _ask(self, spec: UpstreamSpec) -> tuple[str, ...]:
        fields = upstream_headers([(b"accept", b"application/json")], spec, None)
        request = UpstreamRequest("GET", _place(spec), fields)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                answer = await self._upstreams[spec.name].send(request)
                try:
                    return _ids(await _list(answer))
                finally:
                    await answer.close()
        except (UpstreamFault, TimeoutError) as fault:
            code = fault.code if isinstance(fault, UpstreamFault) else "upstream_timeout"
            _log.warning("upstream %s did not tell its models: %s", spec.name, code)
            return ()


def _place(spec: UpstreamSpec) -> bytes:
    own = spec.kind.models
    return spec.place("openai", MODELS.encode()) if own is None else spec.root + own


async def _list(answer: UpstreamAnswer) -> bytes:
    refuse_misleading(answer.status, None)
    body = bytearray()
    while piece := await answer.read():
        body += piece
        if len(body) > LARGEST_LIST:
            raise UpstreamFault("The list of models is too large.", code="answer_too_large")
    return bytes(body)


def _ids(body: bytes) -> tuple[str, ...]:
    """Names in a list as OpenAI or Anthropic (data, id) or Google or Cohere (models, name) write it.

    Whatever is no name is left out.
    """
    try:
        listed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UpstreamFault("The list of models is not JSON.", code="upstream_protocol") from None
    data = listed.get("data", listed.get("models")) if isinstance(listed, dict) else None
    if not isinstance(data, list):
        raise UpstreamFault("The list of models holds no list.", code="upstream_protocol")
    names = (item.get("id", item.get("name")) for item in data[:MOST_MODELS] if isinstance(item, dict))
    texts = (name.removeprefix("models/") for name in names if isinstance(name, str))
    return tuple(name for name in texts if _ID.fullmatch(name))


def _model(name: str, owner: str) -> dict[str, object]:
    # Some clients read members that OpenAI no longer sends.
    old: dict[str, object] = {"permission": [], "root": name, "parent": None}
    return {"id": name, "object": "model", "created": 0, "owned_by": owner, **old}
