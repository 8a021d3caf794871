"""`python -m labeling`: the library's commands without the service."""

from labeling.cli import main

main()
