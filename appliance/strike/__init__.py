"""Attacks on a guard of one's own: seeds are disguised by technique, sent, and counted as caught or missed.

Everything is made from a number, so that a report can be repeated. Techniques are pure functions from a
text to a text.
"""
