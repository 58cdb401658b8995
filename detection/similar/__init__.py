"""How near texts are to examples: topics that are unwanted, and questions that have an approved answer."""
