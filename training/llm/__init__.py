"""Ask the APIs of language models, with retries and a known cost."""
