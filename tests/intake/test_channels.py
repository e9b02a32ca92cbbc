"""Each channel is one complete row."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.channels import CHANNELS, PROVEN, traits_of
from intake.vocabulary import Channel

ICONS = Path(__file__).parents[2] / "templates" / "staff" / "icons"


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_has_a_row_whose_icon_is_drawn(channel: Channel) -> None:
    assert (ICONS / f"{traits_of(channel).icon}.svg").is_file()


def test_no_two_channels_read_or_look_alike() -> None:
    assert len({traits.words for traits in CHANNELS.values()}) == len(Channel)
    assert len({traits.icon for traits in CHANNELS.values()}) == len(Channel)


def test_only_texts_and_emails_come_from_the_address_that_is_written_to() -> None:
    assert PROVEN == (Channel.SMS, Channel.EMAIL)
