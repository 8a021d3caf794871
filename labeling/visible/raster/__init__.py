"""Drawing a stamp into one picture format, one module per format. Only the pixels under the stamp change."""

from labeling.visible.raster import avif, gif, jpeg, png, tiff, webp
from labeling.visible.raster.base import painter_for

__all__ = ["avif", "gif", "jpeg", "painter_for", "png", "tiff", "webp"]
