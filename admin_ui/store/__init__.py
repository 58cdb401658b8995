"""The house's ports over the tables."""
