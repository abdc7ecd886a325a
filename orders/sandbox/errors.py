"""Errors in the shape in which Stripe answers them."""

from typing import Any


class ApiError(Exception):
    """An answer that is not 200. `remember`: whether the same idempotency key gets the same error again."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str = "",
        param: str = "",
        remember: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.remember = remember
        details = {"code": code, "param": param, **more}
        self.body: dict[str, Any] = {
            "error": {"type": kind, "message": message, **{key: value for key, value in details.items() if value}}
        }


def invalid(message: str, *, code: str = "", param: str = "", remember: bool = True) -> ApiError:
    """A request that cannot be carried out."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param, remember=remember)


def missing(kind: str, key: str) -> ApiError:
    """There is no such object."""
    return ApiError(404, "invalid_request_error", f"No such {kind}: '{key}'", code="resource_missing", param="id")
