"""Where the bucket of pictures and files is, checked before anything starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from intake.loopback import is_loopback_name

DEFAULT_REGION: Final = "us-east-1"
_NEEDED: Final = ("attachments_bucket", "attachments_s3_key_id", "attachments_s3_secret")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """Where a bucket is, and the access key for it.

    Attributes:
        name: the name of the bucket.
        endpoint: the address of its service; None for AWS.
        region: its region.
        key_id: the ID of the access key.
        secret: the secret of the access key.
    """

    name: str
    endpoint: str | None
    region: str
    key_id: str
    secret: str = field(repr=False)


def parse_bucket(given: Mapping[str, Any]) -> BucketPlace | None:
    """Return the bucket that settings name, None if pictures and files are kept in a folder.

    Args:
        given: settings by field name.

    Raises:
        ValueError: it is half set, or no bucket can be there.
    """
    missing = [name for name in _NEEDED if not given.get(name)]
    endpoint = given.get("attachments_s3_endpoint") or None
    if len(missing) == len(_NEEDED) and endpoint is None:
        return None
    if missing:
        raise ValueError(
            f"a bucket needs all of {_listed(_NEEDED)}; {_listed(missing)} is missing; to keep pictures and files in"
            " ATTACHMENTS_DIR, set none of them"
        )
    name, key_id, secret = (str(given[field]).strip() for field in _NEEDED)
    if not _NAME.fullmatch(name):
        raise ValueError(
            "ATTACHMENTS_BUCKET is no name of a bucket: expected 3 to 63 lowercase letters, digits, hyphens, and dots,"
            " such as maple-street-pictures; the address of its service goes into ATTACHMENTS_S3_ENDPOINT"
        )
    if endpoint is not None:
        endpoint = _checked_endpoint(str(endpoint))
    return BucketPlace(name, endpoint, given.get("attachments_s3_region") or DEFAULT_REGION, key_id, secret)


def _checked_endpoint(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if not parts.hostname or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "ATTACHMENTS_S3_ENDPOINT: expected the address of the service alone, such as https://s3.example.com; the"
            " bucket goes into ATTACHMENTS_BUCKET"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_name(parts.hostname)):
        raise ValueError(
            "ATTACHMENTS_S3_ENDPOINT: expected https://, because patients' pictures go there; http:// is only for this"
            " machine, such as http://127.0.0.1:9000"
        )
    return endpoint.rstrip("/")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name.upper() for name in names)
