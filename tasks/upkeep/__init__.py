"""What the service does by itself: reconciling, retention, the search index, and the audit trail's check."""
