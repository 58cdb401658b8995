"""Clients of upstreams: one small interface and what stands behind it."""
