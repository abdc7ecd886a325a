"""What is kept when a customer is not happy. It outlives the child's data and holds none of it (P35)."""

from refunds.models.case import Case, CaseEvent, CaseLine, CaseRefund
from refunds.models.change import ChangeMessage, ChangeRequest
from refunds.models.credit_note import CreditNote
from refunds.models.returns import Return, ReturnEvent, ReturnLine

__all__ = [
    "Case",
    "CaseEvent",
    "CaseLine",
    "CaseRefund",
    "ChangeMessage",
    "ChangeRequest",
    "CreditNote",
    "Return",
    "ReturnEvent",
    "ReturnLine",
]
