"""Messages whose every personal value has a known place, written in the many forms that people use."""
