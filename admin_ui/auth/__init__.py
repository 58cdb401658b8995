"""Who may look: signing in, the session cookie, and the gate in front of every page."""
