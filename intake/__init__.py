"""What every room shares: errors, settings, practices, vocabulary, encryption, logs."""

__version__ = "0.2.0"
