"""All operations of the service."""

from . import (
    dify,
    gateway_hooks,
    inspect,
    litellm,
    moderations,
    ogr,
    openapi,
    openguardrails,
    remote,
    results,
    scan,
    sentinel,
)
from .table import OperationTable

FAMILIES = (
    inspect,
    openguardrails,
    scan,
    gateway_hooks,
    dify,
    litellm,
    moderations,
    ogr,
    sentinel,
    results,
    remote,
)
_LISTED = tuple(operation for family in FAMILIES for operation in family.OPERATIONS)
TABLE = OperationTable((*_LISTED, *openapi.operations(_LISTED)))
