"""Rule sets, one module each: required words, sizes, fields, places."""
