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
    Claim("refunds.ChangeRequest", {TECHNICAL: "id line state created_at waits_since answered_at"}),
    Claim("refunds.ChangeMessage", {DECISION: "staff", TECHNICAL: "id request number page version from_staff sent_at"}),
    Claim(
        "refunds.CreditNote",
        {
            SALE: "number issued_at invoice refund reason lines currency vat_rate_bp net vat gross",
            TECHNICAL: "id corrects",
        },
    ),
    Claim(
        "refunds.Case",
        {
            CASE: "order kind state whole amount shipping points reason note created_at decided_at closed_at",
            DECISION: "proposed_by decided_by",
            TECHNICAL: "id",
        },
    ),
    Claim("refunds.CaseLine", {CASE: "case line copies amount points", TECHNICAL: "id"}),
    Claim("refunds.CaseRefund", {CASE: "case refund", TECHNICAL: "id"}),
    Claim("refunds.CaseEvent", {CASE: "case at kind detail", DECISION: "actor", TECHNICAL: "id"}),
    Claim(
        "refunds.Return",
        {
            CASE: "number order state reason wish basis finding case replacement asked_at instructed_at received_at"
            " inspected_at closed_at",
            DECISION: "inspected_by",
            TECHNICAL: "id evidence",
        },
    ),
    Claim("refunds.ReturnLine", {CASE: "of line copies", TECHNICAL: "id reprint"}),
    Claim("refunds.ReturnEvent", {CASE: "of at kind detail", DECISION: "actor", TECHNICAL: "id"}),
)
