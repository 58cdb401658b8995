"""The detection service: the APIs of other guardrails, and our own, over the one core.

One file a client family; `catalogue` lists them all.
"""
