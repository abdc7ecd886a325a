"""What cases and conversations hold: who decided what. The words with a parent are in the vault."""

from accounts.claims import INTEREST, LAW, TECHNICAL, About, Claim, Record
from orders.personal_data import SALE

CASE = Record(
    About.CUSTOMER,
    "Why an order was cancelled or paid back, and our notes about it",
    "To give you your money back, and to be able to say why",
    LAW,
    "{bookkeeping_years} years after the end of the order’s year. It never names your child",
    "refunds.erasing.forget_cases",
)
DECISION = Record(
    About.STAFF,
    "Which member of staff decided a case or answered a parent",
    "To find mistakes and misuse",
    INTEREST,
    "{bookkeeping_years} years after the end of the order's year, or until the account is deleted",
    "refunds.erasing.forget_cases",
    public=False,
)

CLAIMS = (
    Claim("refunds.ChangeRequest", {TECHNICAL: "id line state created_at answered_at"}),
    Claim("refunds.ChangeMessage", {DECISION: "staff", TECHNICAL: "id request number from_staff sent_at"}),
    Claim(
        "refunds.CreditNote",
        {
            SALE: "number issued_at invoice refund reason lines currency vat_rate_bp net vat gross",
            TECHNICAL: "id corrects",
        },
    ),
    Claim(
        "refunds.Case",
        {CASE: "order kind state note refund created_at closed_at", DECISION: "decided_by", TECHNICAL: "id"},
    ),
)
