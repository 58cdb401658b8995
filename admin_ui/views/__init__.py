"""The pages of the web admin."""
