"""All operations of the service."""

from . import dify, gateway_hooks, inspect, litellm, moderations, ogr, openguardrails
from .table import OperationTable

FAMILIES = (openguardrails, inspect, moderations, dify, litellm, gateway_hooks, ogr)
TABLE = OperationTable(operation for family in FAMILIES for operation in family.OPERATIONS)
