"""Guards for frameworks, each a file; a framework is imported by its own file alone."""
