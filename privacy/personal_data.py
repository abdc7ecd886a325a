"""What is known about a child, and about how it was used and forgotten."""

from accounts.claims import CONSENT, INTEREST, LAW, TECHNICAL, About, Claim, Export, Record, Runs

CHILD = Record(
    About.CHILD,
    "Your child’s name, age in years, looks and dedication, the photo if you add one, and everything made from them:"
    " portrait, preview pages, digital copy, print files",
    "To make the one book you asked for",
    CONSENT,
    "{child_days} days from the moment you send it; {abandoned_hours} hours if you do not order",
    "privacy.retention.purge",
    Runs.PURGE,
    Export.DOWNLOAD,
    shared_with=("printer",),
)
WORDS = Record(
    About.CHILD,
    "Words about the book between you and us",
    "To put your book right before it is printed",
    CONSENT,
    "Together with the book: {child_days} days from the moment you sent your child’s details",
    "privacy.retention.purge",
    Runs.PURGE,
    Export.DOWNLOAD,
)
FAULT = Record(
    About.CHILD,
    "Photos and words that you send about a fault of a printed book",
    "To see the fault and to decide about your return",
    CONSENT,
    "{child_days} days from the moment you send them; {abandoned_hours} hours if you do not finish",
    "privacy.retention.purge",
    Runs.PURGE,
    Export.DOWNLOAD,
)
CONSENTED = Record(
    About.CUSTOMER,
    "That you consented: when, how, to which sentences, under which version of this policy",
    "To be able to prove your consent",
    LAW,
    "{consent_years} years. It holds nothing about your child",
    "privacy.consent.forget_old",
    export=Export.DOWNLOAD,
)
LOOKED = Record(
    About.CUSTOMER,
    "Who opened your child’s data, when and why",
    "So that you can see it",
    INTEREST,
    "{access_days} days; typed reasons go with your child’s data",
    "privacy.retention.purge",
    Runs.PURGE,
    Export.DOWNLOAD,
)
MESSAGE = Record(
    About.CUSTOMER,
    "What you write through the contact form, with your name and e-mail address",
    "To answer you",
    INTEREST,
    "{message_days} days",
    "privacy.retention.purge",
    Runs.PURGE,
)
RECEIPT = Record(
    About.NOBODY,
    "A receipt of each deletion: when, and how many things went",
    "To prove that we keep our word",
    LAW,
    "For good. It holds nothing about anybody",
    export=Export.NONE,
)
TRAINED = Record(
    About.STAFF,
    "Which member of staff acknowledged which version of the privacy policy, and when",
    "To let nobody see a child's data who does not know the rules",
    LAW,
    "As long as somebody works here",
    "accounts.erasing.account",
    Runs.ASKED,
    public=False,
)
COUNTED = Record(
    About.CUSTOMER,
    "A code made from your network address, while we count how often something is tried",
    "To stop misuse",
    INTEREST,
    "At most one hour",
    "privacy.rate_limits.allow",
    Runs.EXPIRY,
    Export.NONE,
)

# Kept outside the database: in the cache.
ELSEWHERE = (COUNTED,)

CLAIMS = (
    Claim(
        "privacy.Child",
        {TECHNICAL: "id collected_at expires_at abandoned_at ended_at end_reason purged_at receipt together_with"},
    ),
    # One column of ciphertext; what is too large for it lies in a file, encrypted under the same key.
    Claim(
        "privacy.VaultItem",
        {
            CHILD: "ciphertext",
            WORDS: "ciphertext",
            FAULT: "ciphertext",
            TECHNICAL: "id child kind number blob size created_at",
        },
    ),
    Claim("privacy.VaultAccess", {LOOKED: "child kind purpose actor reason hour count", TECHNICAL: "id"}),
    Claim("privacy.PolicyVersion", {TECHNICAL: "id slug version effective_from html sha256 published_at"}),
    Claim(
        "privacy.Consent",
        {
            CONSENTED: "child policy policy_sha256 wording method given_at verified_at withdrawn_at",
            TECHNICAL: "id",
        },
    ),
    Claim("privacy.Receipt", {RECEIPT: "at reason counts previous sha256", TECHNICAL: "id"}),
    Claim("privacy.Proof", {TECHNICAL: "id at passed summary"}),
    Claim("privacy.StaffTraining", {TRAINED: "user policy acknowledged_at", TECHNICAL: "id"}),
    Claim(
        "privacy.ContactMessage",
        {
            MESSAGE: "reference name email topic order_number sealed sent_at answered_at",
            TECHNICAL: "id answer_by purge_at",
        },
    ),
)
