"""How well detection works on labelled text: rows are read, judged, counted, and counts become figures.

Counting and figures are pure. Whatever is counted can be added up, so files of any length are judged in
several processes and never held in memory.
"""
