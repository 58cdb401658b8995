"""All operations of the service."""

from .openguardrails import OPERATIONS as OPENGUARDRAILS
from .table import OperationTable

TABLE = OperationTable((*OPENGUARDRAILS,))
