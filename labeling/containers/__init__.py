"""Where a carrier sits, one module per file format. Importing the package registers them all."""

from labeling.containers import avif, gif, html, jpeg, markdown, plain, png, tiff, webp
from labeling.containers.base import container_for

__all__ = ["avif", "container_for", "gif", "html", "jpeg", "markdown", "plain", "png", "tiff", "webp"]
