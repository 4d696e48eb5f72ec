"""How it reaches people: one module per channel and provider. No database, no web framework."""
