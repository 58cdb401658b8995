"""The tables, one idea a file."""

from .api_key import ApiKey
from .application import Application
from .audit_chain import AuditChain
from .ban_record import BanRecord
from .control_revision import ControlRevision
from .detection_result import DetectionResult
from .table import Table, TenantOwned
from .tenant import Tenant
from .user import User

__all__ = [
    "ApiKey",
    "Application",
    "AuditChain",
    "BanRecord",
    "ControlRevision",
    "DetectionResult",
    "Table",
    "Tenant",
    "TenantOwned",
    "User",
]
