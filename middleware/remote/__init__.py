"""A core whose policy is an appliance's: pulled from there, and the record of exchanges pushed to it."""
