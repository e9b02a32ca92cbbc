"""The stand-in for the language models' APIs, asked by their own clients and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.standins.llm import LlmStandIn, anthropic_api, faults, openai_api

if TYPE_CHECKING:
    import anthropic
    import openai

QUESTION = [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": "How do I join?"}]
OPENAI = {"model": "gpt-4o-mini", "messages": QUESTION}
ANTHROPIC = {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "How do I join?"}]}
VERSION = {"anthropic-version": "2026-10-21"}


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global anthropic, openai
    import anthropic
    import openai


@pytest.fixture
def standin() -> Iterator[LlmStandIn]:
    with LlmStandIn(lambda asked: '{"said": "' + asked.user + '"}') as running:
        yield running


@pytest.fixture
def gpt(standin: LlmStandIn) -> Iterator[openai.OpenAI]:
    url = standin.environment["OPENAI_BASE_URL"]
    with openai.OpenAI(api_key=openai_api.KEY, base_url=url, max_retries=0) as client:
        yield client


@pytest.fixture
def claude(standin: LlmStandIn) -> Iterator[anthropic.Anthropic]:
    url = standin.environment["ANTHROPIC_BASE_URL"]
    with anthropic.Anthropic(api_key=anthropic_api.KEY, base_url=url, max_retries=0) as client:
        yield client


def ask(gpt: openai.OpenAI, **parameters: Any) -> openai.types.chat.ChatCompletion:
    completion = gpt.chat.completions.create(**{**OPENAI, **parameters})
    assert isinstance(completion, openai.types.chat.ChatCompletion)
    return completion


def tell(claude: anthropic.Anthropic, **parameters: Any) -> anthropic.types.Message:
    message = claude.messages.create(**{**ANTHROPIC, **parameters})
    assert isinstance(message, anthropic.types.Message)
    return message


def post(standin: LlmStandIn, path: str, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = requests.post(standin.url + path, json=body, headers=headers, timeout=10)
    return answer.status_code, answer.json()["error"]


def test_openais_client_gets_a_completion_with_its_usage(gpt: openai.OpenAI, standin: LlmStandIn) -> None:
    completion = ask(gpt, response_format={"type": "json_object"}, temperature=1.0)
    [choice] = completion.choices
    assert choice.message.content == '{"said": "How do I join?"}'
    assert choice.finish_reason == "stop"
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (8, 7)
    [asked] = standin.asked
    assert (asked.api, asked.system, asked.user) == ("openai", "Answer in JSON.", "How do I join?")


def test_anthropics_client_gets_a_message_with_its_usage(claude: anthropic.Anthropic, standin: LlmStandIn) -> None:
    message = tell(claude, system="Answer in JSON.")
    [block] = message.content
    assert block.type == "text"
    assert block.text == '{"said": "How do I join?"}'
    assert message.stop_reason == "end_turn"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (8, 7)
    [asked] = standin.asked
    assert (asked.api, asked.system, asked.user) == ("anthropic", "Answer in JSON.", "How do I join?")


def test_an_answer_ends_where_its_tokens_do(gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    [choice] = ask(gpt, max_completion_tokens=2).choices
    assert (choice.message.content, choice.finish_reason) == ('{"said":', "length")
    message = tell(claude, max_tokens=2)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 2)


@pytest.mark.parametrize(
    ("changes", "status", "param", "message"),
    [
        ({"temprature": 1}, 400, "temprature", "Unknown parameter: 'temprature'."),
        ({"messages": None}, 400, "messages", "expected an array"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "messages[0].role", "Invalid value"),
        ({"messages": [{"role": "user"}]}, 400, "messages[0].content", "expected a string"),
        ({"model": None}, 400, None, "must provide a model"),
        ({"model": "gpt-9"}, 404, None, "`gpt-9` does not exist"),
        ({"temperature": 3}, 400, "temperature", "0 to 2"),
        ({"response_format": {"type": "yaml"}}, 400, "response_format.type", "Invalid value"),
        (
            {"response_format": {"type": "json_object"}, "messages": QUESTION[1:]},
            400,
            "messages",
            "must contain the word 'json'",
        ),
        ({"model": "gpt-5-mini", "max_tokens": 9}, 400, "max_tokens", "Use 'max_completion_tokens'"),
        ({"model": "gpt-5-mini", "temperature": 1}, 400, "temperature", "not supported with this model"),
    ],
)
def test_openai_refuses_what_is_not_well_made(
    standin: LlmStandIn, changes: dict[str, Any], status: int, param: str | None, message: str
) -> None:
    key = {"Authorization": f"Bearer {openai_api.KEY}"}
    answered, error = post(standin, openai_api.PATH, {**OPENAI, **changes}, **key)
    assert (answered, error["param"], error["type"]) == (status, param, "invalid_request_error")
    assert message in error["message"]
    assert standin.asked == []
    assert standin.refusals == [error["message"]]


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"response_format": {}}, 400, "response_format: Extra inputs are not permitted"),
        ({"temperature": 1.0}, 400, "temperature: Extra inputs are not permitted"),
        ({"max_tokens": 0}, 400, "max_tokens: Input should be greater than or equal to 1"),
        ({"model": "claude-9"}, 404, "model: claude-9"),
        ({"system": ["x"]}, 400, "system: Input should be a valid string"),
        ({"messages": []}, 400, "at least one message"),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, 400, "non-empty content"),
        ({"messages": [{"role": "assistant", "content": "{"}]}, 400, "prefill"),
    ],
)
def test_anthropic_refuses_what_is_not_well_made(
    standin: LlmStandIn, changes: dict[str, Any], status: int, message: str
) -> None:
    headers = {"x-api-key": anthropic_api.KEY, **VERSION}
    answered, error = post(standin, anthropic_api.PATH, {**ANTHROPIC, **changes}, **headers)
    assert answered == status
    assert message in error["message"]
    assert error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")


@pytest.mark.parametrize("name", ["model", "max_tokens", "messages"])
def test_anthropic_requires_its_fields(standin: LlmStandIn, name: str) -> None:
    body = {key: value for key, value in ANTHROPIC.items() if key != name}
    headers = {"x-api-key": anthropic_api.KEY, **VERSION}
    assert post(standin, anthropic_api.PATH, body, **headers)[1]["message"] == f"{name}: Field required"


def test_an_older_version_of_anthropics_api_still_takes_a_temperature(standin: LlmStandIn) -> None:
    headers = {"x-api-key": anthropic_api.KEY, "anthropic-version": "2023-06-01"}
    body = {**ANTHROPIC, "temperature": 1.0}
    assert requests.post(standin.url + anthropic_api.PATH, json=body, headers=headers, timeout=10).ok


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"x-api-key": anthropic_api.KEY}, 400, "anthropic-version: header is required"),
        ({"x-api-key": anthropic_api.KEY, "anthropic-version": "1999"}, 400, "is not a valid version"),
        (VERSION, 401, "x-api-key header is required"),
        ({"x-api-key": "wrong", **VERSION}, 401, "invalid x-api-key"),
        ({"Authorization": "Bearer wrong", **VERSION}, 401, "invalid x-api-key"),
    ],
)
def test_anthropic_checks_the_key_and_the_version(
    standin: LlmStandIn, headers: dict[str, str], status: int, message: str
) -> None:
    answered, error = post(standin, anthropic_api.PATH, ANTHROPIC, **headers)
    assert answered == status
    assert message in error["message"]


@pytest.mark.parametrize(("headers", "code"), [({}, None), ({"Authorization": "Bearer wrong"}, "invalid_api_key")])
def test_openai_checks_the_key(standin: LlmStandIn, headers: dict[str, str], code: str | None) -> None:
    status, error = post(standin, openai_api.PATH, OPENAI, **headers)
    assert (status, error["code"]) == (401, code)


def test_there_is_nothing_but_the_two_endpoints(standin: LlmStandIn) -> None:
    assert post(standin, "/v1/completions", {})[0] == 404
    assert requests.get(standin.url + openai_api.PATH, timeout=10).status_code == 404
    assert post(standin, "/v1/complete", {}, **VERSION)[1]["type"] == "not_found_error"


@pytest.mark.parametrize("path", [openai_api.PATH, anthropic_api.PATH])
def test_a_body_that_is_no_json_object_is_refused(standin: LlmStandIn, path: str) -> None:
    headers = {"Authorization": f"Bearer {openai_api.KEY}", "x-api-key": anthropic_api.KEY, **VERSION}
    if path == openai_api.PATH:
        del headers["anthropic-version"]
    assert post(standin, path, ["x"], **headers)[0] == 400


# ---- faults


@pytest.mark.parametrize("status", [429, 500, 529])
def test_a_fault_is_an_error_with_the_header_it_was_given(
    claude: anthropic.Anthropic, standin: LlmStandIn, status: int
) -> None:
    standin.faults.push(faults.error(status, retry_after="7"))
    with pytest.raises(anthropic.APIStatusError) as raised:
        tell(claude)
    assert (raised.value.status_code, raised.value.response.headers["Retry-After"]) == (status, "7")
    tell(claude)


def test_openai_says_that_the_money_is_spent(gpt: openai.OpenAI, standin: LlmStandIn) -> None:
    standin.faults.push(faults.out_of_money())
    with pytest.raises(openai.RateLimitError) as raised:
        ask(gpt)
    assert raised.value.code == "insufficient_quota"


def test_a_fault_spoils_what_the_model_says(gpt: openai.OpenAI, standin: LlmStandIn) -> None:
    standin.faults.push(faults.truncated())
    standin.faults.push(faults.cut())
    standin.faults.push(faults.saying(lambda text: text.upper()))
    said = [ask(gpt).choices[0] for _ in range(3)]
    assert [choice.message.content for choice in said] == [
        '{"said": "How',
        '{"said": "How',
        '{"SAID": "HOW DO I JOIN?"}',
    ]
    assert [choice.finish_reason for choice in said] == ["stop", "length", "stop"]


def test_a_fault_drops_or_holds_a_connection(gpt: openai.OpenAI, standin: LlmStandIn) -> None:
    standin.faults.push(faults.dropped())
    with pytest.raises(openai.APIConnectionError):
        ask(gpt)
    held = standin.faults.push(faults.hanging())
    with pytest.raises(openai.APITimeoutError):
        ask(gpt, timeout=0.2)
    held.wait_arrived()
    assert len(standin.wait_for_requests(2)) == 2


def test_nothing_that_was_asked_is_in_test_output(gpt: openai.OpenAI, standin: LlmStandIn) -> None:
    ask(gpt)
    assert "join" not in repr(standin.asked)
