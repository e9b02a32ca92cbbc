"""Mail to members: accounts, notices, and tests of the setup."""
