"""Translation between providers' formats, sans-io: a reader and a writer a format, one middle form."""
