"""What happens to a message after it is stored: routing, delivery, notification, and repair."""
