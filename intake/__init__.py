"""The application shell: settings, practices, privacy, the command line, and the one-machine set-up."""

__version__ = "0.1.0"
