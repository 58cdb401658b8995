"""Texts from anywhere, judged without a server: inputs, windows over them, and where findings stand.

Memory does not grow with the input: a text is read through windows that overlap by more than any rule
reaches, and a finding is reported by the window in which it begins.
"""
