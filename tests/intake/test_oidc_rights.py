"""What the identity provider's claims allow."""

from __future__ import annotations

import pytest

from intake.oidc_rights import Rights, combine_rights, parse_rights
from intake.vocabulary import Role

RULES = parse_rights("nurses=staff:maple+harbor, it=admin:maple, leads=manager:harbor")


def test_each_value_of_the_claim_has_a_role_at_some_practices() -> None:
    assert {
        "nurses": Rights(Role.STAFF, ("maple", "harbor")),
        "it": Rights(Role.ADMIN, ("maple",)),
        "leads": Rights(Role.MANAGER, ("harbor",)),
    } == RULES


@pytest.mark.parametrize("text", ["", ",", "nurses", "nurses=owner:maple", "nurses=staff", "nurses=staff:", "=staff:a"])
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_rights(text)


@pytest.mark.parametrize(
    ("values", "rights"),
    [
        ([], None),
        (["visitors", 7, None], None),
        (["nurses"], Rights(Role.STAFF, ("maple", "harbor"))),
        (["nurses", "it"], Rights(Role.ADMIN, ("maple",))),
        (["it", "leads"], Rights(Role.ADMIN, ("maple",))),
        (["nurses", "leads"], Rights(Role.MANAGER, ("harbor",))),
    ],
)
def test_several_values_never_give_a_role_at_a_practice_that_no_rule_gives_it_at(
    values: list[object], rights: Rights | None
) -> None:
    assert combine_rights(RULES, values) == rights
