"""Background work on stored messages: routing, delivery, notification, and repair."""
