"""The pictures and files of messages: their rows, and where their contents are kept."""
