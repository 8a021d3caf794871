"""The commands of the library, one module each; `labeling.cli` gathers them."""
