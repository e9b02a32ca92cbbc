"""Loopback stand-ins for the services that no test machine can reach.

Real servers on real sockets, as strict as the originals, built on the standard library alone:

- `twilio`: the Messages resource of the REST API, and the webhooks Twilio sends
- `sentry`: the envelope endpoint that sentry-sdk reports to
- `hook`: a JSON webhook receiver for apprise notifications
- `smtp`: an outgoing mail server (SMTP, with TLS by a certificate from `certificates`)
- `llm`: OpenAI's chat completions and Anthropic's messages
"""
