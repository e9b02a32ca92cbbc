"""The words that patients read: one Jinja2 template a reply, which a practice may override."""
