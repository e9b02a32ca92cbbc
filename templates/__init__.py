"""The words that patients read and hear: one Jinja2 template a reply or prompt, which a practice may override."""
