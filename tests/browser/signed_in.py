"""Browser profiles in which a member is signed in already, for the tests of what comes after that."""

from __future__ import annotations

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext

from inbox.accounts.members import find_member_to_change, open_session
from inbox.storage.database import Database
from intake.settings import Settings


def enter(context: BrowserContext, settings: Settings, database: Database, staff_id: int) -> None:
    """Open a session for a member, as the sign-in does, and give a profile its cookie."""
    with database.write() as session:
        token = open_session(session, find_member_to_change(session, staff_id), "Chrome")
    app = Flask(__name__)
    app.secret_key = settings.secret_key
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    context.add_cookies(
        [
            {
                "name": "intake_staff",
                "value": str(signer.dumps({"_user_id": token})),
                "domain": "127.0.0.1",
                "path": "/staff",
                "httpOnly": True,
                "secure": settings.public_url.startswith("https://"),
                "sameSite": "Lax",
            }
        ]
    )
