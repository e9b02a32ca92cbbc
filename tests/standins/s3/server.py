"""The program of the S3 stand-in: prints its port and its access keys as JSON, and serves until it is killed."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from moto import settings
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
# what docs/operations.md has an administrator allow
SERVICE_MAY = ["ListBucket", "ListBucketVersions", "GetObject", "PutObject", "DeleteObject", "DeleteObjectVersion"]


def main(port: int) -> None:
    """Serve S3 on a port, 0 for any that is free."""
    mock_random.seed(1)  # so that the access keys outlast a restart
    keys = {"service": _make_user("service", SERVICE_MAY, "patients-*"), "owner": _make_user("owner", ["*"], "*")}
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0  # every request must be signed and allowed
    server = make_server("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=True)
    print(json.dumps({"port": server.server_port, "keys": keys}), flush=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()


def _end_with_parent() -> None:
    """End when the test process does, however that ends."""
    sys.stdin.read()
    os._exit(0)


def _make_user(name: str, actions: list[str], buckets: str) -> list[str]:
    """Make a user who may do something with some buckets, and return an access key."""
    users: Any = iam_backends[ACCOUNT]["aws"]
    users.create_user(region_name="us-east-1", user_name=name)
    resources = ["arn:aws:s3:::" + buckets, f"arn:aws:s3:::{buckets}/*"]
    allowed = {"Effect": "Allow", "Action": [f"s3:{action}" for action in actions], "Resource": resources}
    users.put_user_policy(name, "access", json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    key = users.create_access_key(name)
    return [key.access_key_id, key.secret_access_key]


if __name__ == "__main__":
    main(int(sys.argv[1]))
