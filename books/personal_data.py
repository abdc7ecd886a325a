"""What the tables of the books hold: that there is a book and how far it is. The child is in the vault."""

from accounts.claims import TECHNICAL, Claim

CLAIMS = (
    Claim("books.Edition", {TECHNICAL: "id child story story_version created_at locked_at"}),
    Claim(
        "books.Revision",
        {TECHNICAL: "id edition number made_by again state full_wanted full_ready_at tries lease_until created_at"},
    ),
)
