"""Storing what comes in, once: messages, chats, voicemails, and forms."""
