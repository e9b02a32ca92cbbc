"""A stand-in for the practice's outgoing mail server, as strict as the strictest ones."""

from tests.standins.smtp.faults import Fault, Stage
from tests.standins.smtp.mails import Mail
from tests.standins.smtp.standin import SmtpStandIn

__all__ = ["Fault", "Mail", "SmtpStandIn", "Stage"]
