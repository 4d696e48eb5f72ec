"""From what a person typed, keyed or said to the value of an answer."""
