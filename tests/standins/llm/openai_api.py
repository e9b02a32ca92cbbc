"""OpenAI's chat completions, without streaming, tools, pictures and sound.

Source: https://platform.openai.com/docs/api-reference/chat, and the error answers its users report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.llm.conversation import ApiError, Asked, Said, count_tokens, json_object, json_response
from tests.standins.loopback import Request, Response

PATH = "/v1/chat/completions"
KEY = "sk-proj-" + "0123456789abcdef" * 3
# model → whether it reasons; one that does takes neither max_tokens nor a temperature of its own.
MODELS: Mapping[str, bool] = {"gpt-4o-mini": False, "gpt-5-mini": True}

PARAMETERS = frozenset(
    (
        "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
        "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n",
        "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed",
        "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
        "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
    )
)  # fmt: skip
ROLES = ("system", "developer", "user", "assistant")


def read(request: Request) -> Asked:
    """What a request asks.

    Raises:
        ApiError: OpenAI refuses it.
    """
    _authorize(request)
    body = json_object(request)
    if body is None:
        raise _invalid("We could not parse the JSON body of your request.")
    unknown = sorted(set(body) - PARAMETERS)
    if unknown:
        raise _invalid(f"Unknown parameter: '{unknown[0]}'.", param=unknown[0], code="unknown_parameter")
    model = _model(body)
    messages = _messages(body)
    _check_format(body, messages)
    _check_temperature(body, model)
    return Asked(
        api="openai",
        model=model,
        system="\n".join(text for role, text in messages if role in {"system", "developer"}),
        user="\n".join(text for role, text in messages if role == "user"),
        max_tokens=_max_tokens(body, model),
        body=body,
    )


def answer(asked: Asked, said: Said, number: int) -> Response:
    """The completion, the so-many-th that was given."""
    tokens_in = count_tokens(asked.system) + count_tokens(asked.user)
    message: dict[str, object] = {"role": "assistant", "content": said.text, "refusal": None, "annotations": []}
    payload = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_790_000_000 + number,
        "model": asked.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": "length" if said.is_cut else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": said.tokens,
            "total_tokens": tokens_in + said.tokens,
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }
    return json_response(200, payload, {"x-request-id": f"req_{number}"})


def failure(status: int) -> ApiError:
    """The answer of an API that cannot, for the time being."""
    if status == 429:
        return _error(429, "Rate limit reached for requests", "requests", code="rate_limit_exceeded")
    if status == 503:
        return _error(503, "The engine is currently overloaded, please try again later", "server_error")
    return _error(status, "The server had an error while processing your request. Sorry about that!", "server_error")


def unknown_url(request: Request) -> ApiError:
    """The answer to a path or a method there is not."""
    return _error(404, f"Invalid URL ({request.method} {request.path})", "invalid_request_error")


def quota_spent() -> ApiError:
    """The answer when the account has no money left, which no waiting mends."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return _error(429, message, "insufficient_quota", code="insufficient_quota")


def _authorize(request: Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key:
        raise _error(401, "You didn't provide an API key.", "invalid_request_error")
    if key != KEY:
        raise _error(401, "Incorrect API key provided.", "invalid_request_error", code="invalid_api_key")
    if request.headers.get_content_type() != "application/json":
        raise _invalid("Invalid Content-Type header, expected application/json.")


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str):
        raise _invalid("you must provide a model parameter")
    if model not in MODELS:
        raise _error(
            404,
            f"The model `{model}` does not exist or you do not have access to it.",
            "invalid_request_error",
            code="model_not_found",
        )
    return model


def _messages(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "messages" not in body:
        raise _invalid("Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter")
    messages = body["messages"]
    if not isinstance(messages, list) or not messages:
        raise _invalid("Invalid 'messages': expected an array of messages.", param="messages", code="invalid_type")
    read_messages = []
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise _invalid(f"Invalid value: '{place}.role'.", param=f"{place}.role", code="invalid_value")
        if not isinstance(message.get("content"), str):
            raise _invalid("Invalid value for 'content': expected a string.", param=f"{place}.content")
        read_messages.append((message["role"], message["content"]))
    return read_messages


def _check_format(body: Mapping[str, Any], messages: list[tuple[str, str]]) -> None:
    wanted = body.get("response_format", {"type": "text"})
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        raise _invalid("Invalid value: 'response_format.type'.", param="response_format.type", code="invalid_value")
    if kind == "json_object" and not any("json" in text.lower() for _, text in messages):
        raise _invalid(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )


def _check_temperature(body: Mapping[str, Any], model: str) -> None:
    temperature = body.get("temperature")
    if temperature is None:
        return
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 2:
        raise _invalid("Invalid 'temperature': expected 0 to 2.", param="temperature", code="decimal_above_max_value")
    if MODELS[model]:
        raise _invalid(
            "Unsupported parameter: 'temperature' is not supported with this model.",
            param="temperature",
            code="unsupported_parameter",
        )


def _max_tokens(body: Mapping[str, Any], model: str) -> int | None:
    if "max_tokens" in body and MODELS[model]:
        raise _invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    value = body.get("max_completion_tokens", body.get("max_tokens"))
    if value is not None and (not isinstance(value, int) or value < 1):
        raise _invalid("Invalid 'max_completion_tokens': expected at least 1.", param="max_completion_tokens")
    return value


def _invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return _error(400, message, "invalid_request_error", param, code)


def _error(status: int, message: str, kind: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})
