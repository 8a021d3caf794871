"""How a record is written, one module per carrier. A carrier knows nothing of the file around it."""
