"""What we ask, in which order, and what the answers mean. Pure: no clock, no database, no network."""
