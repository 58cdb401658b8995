"""All operations of the service."""

from . import dify, inspect, litellm, moderations, openguardrails
from .table import OperationTable

FAMILIES = (openguardrails, inspect, moderations, dify, litellm)
TABLE = OperationTable(operation for family in FAMILIES for operation in family.OPERATIONS)
