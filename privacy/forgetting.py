"""What is raised when something about a child is asked for and not there."""

from privacy.models import Child


class Forgotten(Exception):
    """The child's data is gone, or its time is over. The browser gets a friendly page with status 410."""

    def __init__(self, reason: Child.End | None = None) -> None:
        super().__init__("The child's data has been forgotten.")
        self.reason = reason


class NotInVault(LookupError):
    """The child is known, but there is nothing in this place. The browser gets a 404."""
