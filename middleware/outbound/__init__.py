"""Guards what a program sends to models and gets from them, inside its own HTTP clients: no proxy, no server.

A transport asks a `call.Call` what to send and what to let go; it alone knows the HTTP library.
"""
