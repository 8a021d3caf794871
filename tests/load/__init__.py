"""The service under load; `make load` prints the tables of docs/benchmarks.md."""
