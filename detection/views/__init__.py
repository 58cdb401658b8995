"""Readings of a text beside the plain one, one a file, each with a map back to the original characters.

`unicode` undoes what looks the same to a model but not to a pattern; it grows with a stream. The
others undo encodings and games with letters: each is a `View` (`reading`) that says what a text
reads as, or that it reads no differently. `signs` tells cheaply which of them are worth making,
`nest` makes them, one inside the other, within bounds. `runs` tells which stretch of a growing text
is judged as one.
"""
