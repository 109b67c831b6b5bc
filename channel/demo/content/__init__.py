"""The texts of the demo: one story per community, and the people in them."""
