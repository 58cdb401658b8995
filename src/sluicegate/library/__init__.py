"""The core as a library: inspects texts in the process that has them, without a server."""
