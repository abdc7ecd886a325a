"""A small limit on how often one visitor may do something, kept in the cache without anybody's address."""

from ipaddress import IPv6Address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def allow(request: HttpRequest, *, action: str, limit: int, seconds: int) -> bool:
    """Count this visit; False once there were more than `limit` in `seconds` seconds from the same address
    (P53)."""
    key = _key(request, action)
    if cache.add(key, 1, timeout=seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, timeout=seconds)
        return True


def exhausted(request: HttpRequest, *, action: str, limit: int) -> bool:
    """Whether this address has had its `limit` visits, without counting this one: for actions of which only the failed
    ones are counted."""
    return int(cache.get(_key(request, action), 0)) >= limit


def stand_in_address(request: HttpRequest) -> str:
    """What the lock against guessed passwords knows a visitor by: an address of the private range fd00::/8 made from
    the real one, which nobody can turn back without the shop's secret (P58)."""
    digest = salted_hmac("privacy.rate_limits.stand_in", _address(request), algorithm="sha256").digest()
    return str(IPv6Address(b"\xfd" + digest[:15]))


def _key(request: HttpRequest, action: str) -> str:
    visitor = salted_hmac("privacy.rate_limits", _address(request), algorithm="sha256").hexdigest()
    return f"rate:{action}:{visitor}"


def _address(request: HttpRequest) -> str:
    """Where the visitor comes from; behind our own proxy, the last address that the proxy added."""
    address: str = request.META.get("REMOTE_ADDR", "")
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2].strip()
    return address
