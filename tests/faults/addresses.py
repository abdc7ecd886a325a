"""Every address of the shop, found by itself, and what to put into its gaps."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import RegexPattern, URLPattern, URLResolver

Fill = Callable[["Address", str], object]
_GAP = re.compile(r"<(?:(\w+):)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Address:
    """A pattern of the URL configuration. `gaps` are "converter:name", as in "uuid:edition_id"."""

    route: str
    pattern: URLPattern

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")

    @property
    def name(self) -> str:
        return self.pattern.name or self.route

    @property
    def model(self) -> Any:
        """The model of an admin page, or None."""
        admin = getattr(self.pattern.callback, "model_admin", None)
        return getattr(admin, "model", None)

    @property
    def gaps(self) -> list[str]:
        named = [f"{converter or 'str'}:{name}" for converter, name in _GAP.findall(_GROUP.sub("", self.route))]
        return named + [f"regex:{name}" for name in _GROUP.findall(self.route)]

    def path(self, fill: Fill) -> str:
        """The address with every gap filled."""
        text = _GROUP.sub(lambda found: str(fill(self, f"regex:{found[1]}")), self.route)
        text = _GAP.sub(lambda found: str(fill(self, f"{found[1] or 'str'}:{found[2]}")), text)
        return "/" + re.sub(r"[\^$\\]", "", text)


def every() -> list[Address]:
    """All addresses, those of included apps and of the admin too."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        own = pattern.pattern.regex.pattern if isinstance(pattern.pattern, RegexPattern) else str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Address(before + own, pattern)
        else:
            yield from _walk(pattern, before + own)
