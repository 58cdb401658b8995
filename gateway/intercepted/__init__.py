"""Requests that clients meant for somebody else: handed over by the transparent proxy, judged, sent on."""
