"""The control plane: tables, stores over them, and the web admin."""
