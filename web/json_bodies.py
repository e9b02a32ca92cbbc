"""Reading JSON that strangers send."""

from __future__ import annotations

from typing import Any

from flask.json.provider import DefaultJSONProvider


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON, for which a body that is nested too deeply is as wrong as any other that cannot be read."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what JSON says.

        Raises:
            ValueError: it is not JSON, or a thousand brackets deep.
        """
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None
