"""What the orders hold about customers; about a child they hold nothing (P35)."""

from accounts.claims import CONTRACT, INTEREST, LAW, TECHNICAL, About, Claim, Export, Record, Runs

BASKET = Record(
    About.CUSTOMER,
    "What lies in your basket: which book, format, number of copies",
    "To order it when you are ready",
    CONTRACT,
    "{session_days} days",
    "orders.bookkeeping.forget_baskets",
    export=Export.ACCOUNT,
)
CONTACT = Record(
    About.CUSTOMER,
    "Your name, e-mail address, phone number and delivery address with each order",
    "To make, deliver and, if need be, replace or refund your order",
    CONTRACT,
    "With the order: {bookkeeping_years} years after the end of its year, as bookkeeping law requires; {unpaid_days}"
    " days if you did not pay",
    "orders.bookkeeping.forget_customers",
    export=Export.ACCOUNT,
    shared_with=("printer", "carrier", "payment", "mail"),
)
SALE = Record(
    About.CUSTOMER,
    "What was ordered and paid: story, format, price, payment, refund",
    "Bookkeeping",
    LAW,
    "{bookkeeping_years} years after the end of its year; then only numbers without you. It never names your child",
    "orders.bookkeeping.forget_customers",
    export=Export.ACCOUNT,
    shared_with=("payment",),
)
INVOICE = Record(
    About.CUSTOMER,
    "Your invoice: your name and address, what you bought and paid, as it was on that day",
    "Bookkeeping: an invoice must not be changed",
    LAW,
    "{bookkeeping_years} years after the end of its year; then only numbers without you. It never names your child",
    "orders.invoices.forget_customers",
    export=Export.ACCOUNT,
)
DEED = Record(
    About.STAFF,
    "Which member of staff did something to an order, by number",
    "To find mistakes and misuse",
    INTEREST,
    "{bookkeeping_years} years after the end of the order's year",
    "orders.bookkeeping.forget_customers",
    public=False,
)
PROVIDER_EVENT = Record(
    About.CUSTOMER,
    "That the payment provider or the carrier told us something about a payment or a parcel, by its number",
    "To work on each message once",
    CONTRACT,
    "{payment_event_days} days",
    "orders.bookkeeping.forget_events",
    public=False,
)
POINTS = Record(
    About.CUSTOMER,
    "Your reward points: the balance, and when you earned or spent them with which order",
    "To take them off your next order",
    CONTRACT,
    "As long as you have an account",
    "accounts.erasing.account",
    runs=Runs.ASKED,
    export=Export.ACCOUNT,
)
COUPON = Record(
    About.STAFF,
    "Which member of staff made a coupon, or gave points",
    "To find mistakes and misuse",
    INTEREST,
    "{bookkeeping_years} years after the end of that year, or until the account is deleted",
    "orders.bookkeeping.forget_makers",
    public=False,
)

CLAIMS = (
    Claim("orders.BasketLine", {BASKET: "basket edition format quantity added_at", TECHNICAL: "id"}),
    Claim(
        "orders.Order",
        {
            CONTACT: "user name email phone street street_2 postal_code city country contact_by",
            SALE: "number state shipping_method currency items_total shipping_total discount_total points_used"
            " point_value total vat_rate_bp vat_total no_withdrawal_shown_at replaces created_at paid_at approved_at"
            " shipped_at delivered_at completed_at cancelled_at",
            TECHNICAL: "id checkout_key held_at",
        },
    ),
    Claim(
        "orders.OrderLine",
        {
            SALE: "order title format quantity unit_price discount points cancelled_at approved_revision approved_at",
            TECHNICAL: "id edition",
        },
    ),
    Claim("orders.CouponUse", {SALE: "coupon order amount at", TECHNICAL: "id released_at"}),
    Claim(
        "orders.Coupon",
        {
            COUPON: "made_by",
            TECHNICAL: "id code kind value minimum limit per_customer used valid_from valid_until stopped_at batch note"
            " created_at",
        },
    ),
    Claim("orders.PointsAccount", {POINTS: "user balance owed", TECHNICAL: "id"}),
    Claim(
        "orders.PointsEntry",
        {POINTS: "account kind points order at note", COUPON: "staff", TECHNICAL: "id key"},
    ),
    Claim("orders.OrderEvent", {SALE: "order at kind detail", DEED: "actor", TECHNICAL: "id"}),
    Claim("orders.NumberSeries", {TECHNICAL: "id name year last"}),
    Claim(
        "orders.Invoice",
        {
            INVOICE: "customer_name customer_address country",
            SALE: "number issued_at order payment paid_on payment_method lines currency vat_rate_bp net vat gross",
            TECHNICAL: "id seller",
        },
    ),
    Claim(
        "orders.Payment",
        {
            SALE: "order amount currency state session_id session_url intent_id created_at paid_at failed_at",
            TECHNICAL: "id idempotency_key checked_at",
        },
    ),
    Claim(
        "orders.Refund",
        {
            SALE: "payment amount state reason provider_id failure decided_at settled_at",
            TECHNICAL: "id idempotency_key tries lease_until",
        },
    ),
    Claim(
        "orders.WebhookEvent",
        {PROVIDER_EVENT: "event_id type object_id received_at processed_at", TECHNICAL: "id lease_until tries"},
    ),
    Claim(
        "orders.PrintJob",
        {
            SALE: "line copies carrier tracking rejection sent_at received_at shipped_at delivered_at",
            TECHNICAL: "id number reprint_of revision profile state tries lease_until interior_sha256 cover_sha256"
            " page_count created_at",
        },
    ),
    Claim("orders.PrintJobEvent", {SALE: "job at kind detail", DEED: "actor", TECHNICAL: "id"}),
)
