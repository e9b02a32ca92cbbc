"""The page at `/`: a practice's site and, in demo mode, a phone beside it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = "page.html"
ASSETS = {
    "site.css": "text/css",
    "site.js": "text/javascript",
    "phone.css": "text/css",
    "phone.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "hero.svg": "image/svg+xml",
}
