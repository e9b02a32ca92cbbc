"""Both clients against the stand-in, which is as strict as the APIs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.standins.llm import Fault, LlmStandIn, faults
from training.llm.chat import Answer, LanguageModel, Question, RefusedError, UnavailableError
from training.llm.prices import Price
from training.llm.providers import Provider, open_chat

QUESTION = Question("Answer in JSON.", "How do I join?", 100)
MODELS: dict[Provider, str] = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
PATIENT = 30.0


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmStandIn]:
    with LlmStandIn(lambda asked: '{"intent": "complaint"}') as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture(params=MODELS)
def provider(request: pytest.FixtureRequest) -> Provider:
    chosen: Provider = request.param
    return chosen


@pytest.fixture
def chat(standin: LlmStandIn, provider: Provider) -> Iterator[LanguageModel]:
    with closing(open_chat(provider, MODELS[provider], PATIENT)) as opened:
        yield opened


def test_an_answer_comes_with_what_it_is_billed_as(chat: LanguageModel, standin: LlmStandIn) -> None:
    answer = chat.ask(QUESTION)
    assert (answer.text, answer.complete) == ('{"intent": "complaint"}', True)
    assert (answer.input_tokens, answer.output_tokens) == (8, 6)
    assert answer.seconds > 0
    assert standin.refusals == []


def test_a_question_is_never_billed_above_what_was_feared(chat: LanguageModel) -> None:
    answer, price = chat.ask(QUESTION), Price(input=1, output=2)
    assert price.dollars(answer.input_tokens, answer.output_tokens) == pytest.approx(20e-6)
    assert price.dollars(answer.input_tokens, answer.output_tokens) < price.at_most(QUESTION)


def test_openai_is_asked_for_json_at_the_temperature_given(standin: LlmStandIn) -> None:
    with closing(open_chat("openai", "gpt-4o-mini", PATIENT, temperature=1.0)) as chat:
        chat.ask(QUESTION)
    [asked] = standin.asked
    assert asked.body["temperature"] == 1.0
    assert asked.body["response_format"] == {"type": "json_object"}
    assert asked.body["max_completion_tokens"] == 100


def test_a_model_that_reasons_is_asked_without_a_temperature(standin: LlmStandIn) -> None:
    with closing(open_chat("openai", "gpt-5-mini", PATIENT)) as chat:
        chat.ask(QUESTION)
    assert standin.refusals == []


def test_an_answer_that_was_cut_says_so(chat: LanguageModel, standin: LlmStandIn) -> None:
    standin.faults.push(faults.cut())
    answer = chat.ask(QUESTION)
    assert not answer.complete
    assert answer.output_tokens > 0


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_the_clients_do_not_ask_again_by_themselves(chat: LanguageModel, standin: LlmStandIn, status: int) -> None:
    standin.faults.push(faults.error(status, retry_after="7"))
    with pytest.raises(UnavailableError, match=str(status)) as raised:
        chat.ask(QUESTION)
    assert (raised.value.retry_after, raised.value.maybe_billed) == (7, False)
    assert len(standin.asked) == 1


@pytest.mark.parametrize("fault", [faults.dropped, faults.garbled])
def test_what_may_have_been_billed_is_known_as_such(
    chat: LanguageModel, standin: LlmStandIn, fault: type[Fault]
) -> None:
    standin.faults.push(fault())
    with pytest.raises(UnavailableError) as raised:
        chat.ask(QUESTION)
    assert raised.value.maybe_billed
    assert isinstance(chat.ask(QUESTION), Answer)


def test_an_api_that_stays_silent_is_not_waited_for(standin: LlmStandIn, provider: Provider) -> None:
    hang = standin.faults.push(faults.hanging())
    with (
        closing(open_chat(provider, MODELS[provider], timeout_seconds=0.2)) as chat,
        pytest.raises(UnavailableError, match="Timeout") as raised,
    ):
        chat.ask(QUESTION)
    assert raised.value.maybe_billed
    hang.wait_arrived()


def test_spent_money_is_not_waited_for(standin: LlmStandIn) -> None:
    standin.faults.push(faults.out_of_money())
    with (
        closing(open_chat("openai", "gpt-4o-mini", PATIENT)) as chat,
        pytest.raises(RefusedError, match="no money left"),
    ):
        chat.ask(QUESTION)


def test_a_wrong_key_is_named_but_not_shown(
    standin: LlmStandIn, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.setenv(variable, "sk-wrong")
    with (
        closing(open_chat(provider, MODELS[provider], PATIENT)) as chat,
        pytest.raises(RefusedError, match=f"refuses the key in {variable}") as raised,
    ):
        chat.ask(QUESTION)
    assert "sk-wrong" not in str(raised.value)


@pytest.mark.parametrize("key", [None, "", " \n"])
def test_a_missing_key_is_named(provider: Provider, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"{provider.upper()}_API_KEY"
    monkeypatch.delenv(variable, raising=False)
    if key is not None:
        monkeypatch.setenv(variable, key)
    with pytest.raises(RefusedError, match=f"{variable} is not set: set it"):
        open_chat(provider, "any", PATIENT)


def test_a_model_there_is_not_is_named(standin: LlmStandIn, provider: Provider) -> None:
    with (
        closing(open_chat(provider, "no-such-model", PATIENT)) as chat,
        pytest.raises(RefusedError, match="has no model 'no-such-model'"),
    ):
        chat.ask(QUESTION)


def test_a_refused_request_tells_nothing_of_what_was_asked(standin: LlmStandIn) -> None:
    with (
        closing(open_chat("openai", "gpt-4o-mini", PATIENT)) as chat,
        pytest.raises(RefusedError, match="invalid_request_error, messages") as raised,
    ):
        chat.ask(Question("Answer.", "a private matter", 100))
    assert "private" not in str(raised.value)
