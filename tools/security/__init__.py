"""`make security`: attack the service, check its code and its dependencies, and count."""
