"""The client of an embeddings endpoint: texts compared by their meaning."""
