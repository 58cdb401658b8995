"""WebSockets on which a model is talked to: every message judged, in both directions."""
