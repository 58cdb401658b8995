"""What every answer of the web admin goes through, whatever the page."""
