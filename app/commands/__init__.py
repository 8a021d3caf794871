"""The commands of the service; `app.cli` gathers them."""
