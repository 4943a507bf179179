"""Whether to fine-tune, how, and with which settings: many recipes tried on the same development rows."""
