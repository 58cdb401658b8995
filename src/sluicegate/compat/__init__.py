"""Other products' names for what this one does, so that code written for them runs unchanged."""
