"""LLM guards, without the socket: how each model is asked, and how its answer is read.

A file a format; `registry` knows them by name. What a format cannot read it refuses (`Unreadable`): such
a text is unjudged, never safe.
"""
