"""How the service is assembled and started: commands, processes, the WSGI application."""
