"""The words that patients read and hear: one Jinja2 template per reply or prompt, which practices may override."""
