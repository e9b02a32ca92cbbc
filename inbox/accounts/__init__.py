"""Members' accounts: signing in, inviting, passwords, and second factors."""
