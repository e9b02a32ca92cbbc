"""Requests to the Messages resource: which operation they ask for, and with what parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message as Headers
from urllib.parse import parse_qs

from tests.standins.loopback import Request
from tests.standins.twilio import creation, listing
from tests.standins.twilio.faults import Operation
from tests.standins.twilio.messages import API_VERSION

_ROUTE = re.compile(rf"/{API_VERSION}/Accounts/(?P<account>[^/]+)/Messages(/(?P<sid>[^/]+))?\.json")
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass
class ApiRequest:
    """A request to the API as it was received.

    Attributes:
        form: parameters of the body; each name may have several values.
        query: parameters of the URL.
        account_sid: the account in the path; None if the path is not of the Messages resource.
        message_sid: the message in the path.
        operation: None if the method is not one this path has.
        violations: what Twilio does not know but lets pass; names only, no values.
        status: the HTTP status answered; None while unanswered, and for good if the connection was dropped.
    """

    method: str
    path: str
    headers: Headers = field(repr=False)
    form: dict[str, list[str]] = field(repr=False)
    query: dict[str, str] = field(repr=False)
    account_sid: str | None
    message_sid: str | None
    operation: Operation | None
    violations: list[str]
    status: int | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """Query and form together, the last value of each name."""
        return self.query | {name: values[-1] for name, values in self.form.items()}


def read_request(request: Request) -> ApiRequest:
    """What an HTTP request asks of the Messages resource."""
    route = _ROUTE.fullmatch(request.path)
    account, sid = (route["account"], route["sid"]) if route else (None, None)
    operation = _operation(request.method, sid) if route else None
    form = _form(request)
    query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    return ApiRequest(
        method=request.method,
        path=request.path,
        headers=request.headers,
        form=form or {},
        query=query,
        account_sid=account,
        message_sid=sid,
        operation=operation,
        violations=_violations(operation, form, query),
    )


def _operation(method: str, sid: str | None) -> Operation | None:
    if method == "POST" and sid is None:
        return Operation.CREATE
    if method == "GET":
        return Operation.LIST if sid is None else Operation.FETCH
    return None


def _form(request: Request) -> dict[str, list[str]] | None:
    """Parameters of the body, or None if it is no form: Twilio then reads none, and misses the first."""
    if request.headers.get_content_type() != _FORM_TYPE:
        return None
    try:
        return parse_qs(request.body.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None


def _violations(operation: Operation | None, form: dict[str, list[str]] | None, query: dict[str, str]) -> list[str]:
    if operation is not Operation.CREATE:
        return listing.violations(query)
    if form is None:
        return [f"body is not {_FORM_TYPE} in UTF-8"]
    return creation.violations(form)
