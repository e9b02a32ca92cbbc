"""Assembles what a message says about an insurance into one record."""

from classifier.insurance.assemble import assemble_record
from classifier.insurance.record import InsuranceRecord, Value

__all__ = ["InsuranceRecord", "Value", "assemble_record"]
