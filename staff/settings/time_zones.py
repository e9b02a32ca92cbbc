"""The time zones that a practice can choose: those of the United States by the names that people know, then all."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

US_ZONES = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Mountain without daylight saving time (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
    "Pacific/Guam": "Chamorro (Guam)",
    "Pacific/Pago_Pago": "Samoa (Pago Pago)",
}
NOT_A_ZONE = "choose a time zone from the list"
_OTHER_NAMES = ("Etc/", "SystemV/", "US/")  # of zones that have one of a place as well


def zone_words(zone: str) -> str:
    """Return a time zone for people."""
    return US_ZONES.get(zone) or zone.replace("_", " ")


@cache
def all_zones() -> tuple[str, ...]:
    """Return the time zones of places, by name."""
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(_OTHER_NAMES)))


def zone_choices(current: str) -> dict[str, dict[str, str]]:
    """Return the zones to choose from with their words, by the heading of their group.

    Args:
        current: the zone that is chosen now, which the file may have by another name.
    """
    others = dict.fromkeys((current, *all_zones())) if current not in (*US_ZONES, *all_zones()) else all_zones()
    return {
        "United States": US_ZONES,
        "All others": {zone: zone_words(zone) for zone in others if zone not in US_ZONES},
    }
