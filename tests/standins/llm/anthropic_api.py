"""Anthropic's messages, without streaming, tools, pictures and documents.

Source: https://platform.claude.com/docs/en/api/messages, /errors and /versioning. Version 2026-10-21 knows no
temperature, top_p and top_k.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.llm.conversation import ApiError, Asked, Said, count_tokens, json_object, json_response
from tests.standins.loopback import Request, Response

PATH = "/v1/messages"
KEY = "sk-ant-api03-" + "fedcba9876543210" * 3
MODELS = frozenset(("claude-haiku-4-5", "claude-sonnet-5-5"))

PARAMETERS = frozenset(
    (
        "cache_control", "container", "diagnostics", "inference_geo", "max_tokens", "messages", "metadata", "model",
        "output_config", "service_tier", "speed", "stop_sequences", "stream", "system", "thinking", "tool_choice",
        "tools", "user_profile_id", "workspace_id",
    )
)  # fmt: skip
SAMPLING = frozenset(("temperature", "top_k", "top_p"))
PARAMETERS_OF_VERSION: Mapping[str, frozenset[str]] = {
    "2023-06-01": PARAMETERS | SAMPLING,
    "2026-10-21": PARAMETERS,
}
_KIND_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def read(request: Request) -> Asked:
    """What a request asks.

    Raises:
        ApiError: Anthropic refuses it.
    """
    _authorize(request)
    known = _parameters(request)
    body = json_object(request)
    if body is None:
        raise _error(400, "The request body is not valid JSON")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise _error(400, f"{name}: Field required")
    for name in sorted(set(body) - known):
        raise _error(400, f"{name}: Extra inputs are not permitted")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        raise _error(400, "max_tokens: Input should be greater than or equal to 1")
    if body["model"] not in MODELS:
        raise _error(404, f"model: {body['model']}")
    system = body.get("system", "")
    if not isinstance(system, str):
        raise _error(400, "system: Input should be a valid string")
    return Asked(
        api="anthropic",
        model=body["model"],
        system=system,
        user=_user(body["messages"]),
        max_tokens=body["max_tokens"],
        body=body,
    )


def answer(asked: Asked, said: Said, number: int) -> Response:
    """The message, the so-many-th that was given."""
    payload = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [{"type": "text", "text": said.text}],
        "stop_reason": "max_tokens" if said.is_cut else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": count_tokens(asked.system) + count_tokens(asked.user),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": said.tokens,
            "service_tier": "standard",
        },
    }
    return json_response(200, payload, {"request-id": f"req_{number}"})


def failure(status: int) -> ApiError:
    """The answer of an API that cannot, for the time being."""
    messages = {429: "This request would exceed your organization's rate limit", 529: "Overloaded"}
    return _error(status, messages.get(status, "Internal server error"))


def unknown_url(request: Request) -> ApiError:
    """The answer to a path or a method there is not."""
    return _error(404, "Not Found")


def _authorize(request: Request) -> None:
    if request.headers.get_content_type() != "application/json":
        raise _error(400, "content-type: must be application/json")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    key = request.headers.get("x-api-key") or (bearer if scheme == "Bearer" else "")
    if not key:
        raise _error(401, "x-api-key header is required")
    if key != KEY:
        raise _error(401, "invalid x-api-key")


def _parameters(request: Request) -> frozenset[str]:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise _error(400, "anthropic-version: header is required")
    if version not in PARAMETERS_OF_VERSION:
        raise _error(400, f'anthropic-version: "{version}" is not a valid version')
    return PARAMETERS_OF_VERSION[version]


def _user(messages: Any) -> str:
    if not isinstance(messages, list) or not messages:
        raise _error(400, "messages: at least one message is required")
    texts = []
    for index, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in {"user", "assistant"}:
            raise _error(400, f"messages.{index}.role: Input should be 'user' or 'assistant'")
        content = message.get("content")
        if not isinstance(content, str) or not content:
            raise _error(400, f"messages.{index}: user messages must have non-empty content")
        if role == "user":
            texts.append(content)
    if messages[-1]["role"] != "user":
        raise _error(400, "This model does not support assistant message prefill")
    return "\n".join(texts)


def _error(status: int, message: str) -> ApiError:
    kind = _KIND_OF_STATUS.get(status, "api_error")
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_refused"}
    return ApiError(status, body, {"request-id": "req_refused"})
