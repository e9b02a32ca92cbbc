"""The fictional world that the tests play in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ENCRYPTION_KEY = "uK0UnDLwlXHNKIXmB3TBkuLW4ncEoGQ4ZVqJqkqjT0k="
OTHER_KEY = "Mxn3dTq3cYyJ8sJpZgd9n1l1U3bY8u2q8e3Xb3o0l1E="
PATIENT = "+12025550123"
DEMO_NUMBER = "+15005550006"
SITE = "https://maple.example"
OTHER_SITE = "https://harbor.example"
WIDGET_KEY = "maple-street"
OTHER_WIDGET_KEY = "harbor-dental"
SERVICE_SID = "MG" + "ab" * 16

NEVER_CLOSED = """
[practice.hours]
mon = ["00:00-23:59"]
tue = ["00:00-23:59"]
wed = ["00:00-23:59"]
thu = ["00:00-23:59"]
fri = ["00:00-23:59"]
sat = ["00:00-23:59"]
sun = ["00:00-23:59"]
"""
# One practice found by its number, one by its messaging service. Neither ever closes, so that replies are the same at
# every hour that the tests run, but for one word: in the last half hour of its day, neither promises an answer "today".
PRACTICES_TOML = f"""
[[practice]]
slug = "demo"
name = "Maple Street"
phone = "+12025550100"
phone_numbers = ["{DEMO_NUMBER}"]
email = "hello@maple.example"
widget_key = "{WIDGET_KEY}"
allowed_origins = ["{SITE}"]
time_zone = "America/New_York"
on_call_number = "+12025550111"
price_range = "A first visit is $120 to $180 without insurance."
links = {{ new_patient = "https://maple.example/new", scheduling = "https://maple.example/book" }}
observe_federal_holidays = false
{NEVER_CLOSED}
[[practice]]
slug = "other"
name = "Harbor Dental"
phone = "+12025550170"
phone_numbers = ["+12025550180"]
messaging_service_sid = "{SERVICE_SID}"
email = "hello@harbor.example"
widget_key = "{OTHER_WIDGET_KEY}"
allowed_origins = ["{OTHER_SITE}"]
time_zone = "America/Chicago"
"""


def without_quiet_hours(practices: str = PRACTICES_TOML) -> str:
    """Return the practices with quiet hours of the first one that are not now, whenever the tests run."""
    return practices.replace('slug = "demo"\n', f'slug = "demo"\n{later_quiet_hours()}\n', 1)


def later_quiet_hours() -> str:
    """Return the setting for quiet hours of the first practice that are not now."""
    here = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
    begins, ends = (here + timedelta(hours=hours) for hours in (6, 8))
    return f'patient_quiet_hours = "{begins:%H:%M}-{ends:%H:%M}"'
