"""libwebp itself, in the copy that Pillow brings: still pictures between coded bytes and plain arrays, nothing beside.

Pillow decodes every WebP file onto the two RGBA canvases of an animation and makes RGB and ARGB copies on the way back.
Here lossy pictures stay in the luma and chroma planes that they are stored in, and lossless ones in one array.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from ctypes import POINTER, Structure, Union, byref, c_float, c_int, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from labeling.errors import ErrorCode, MediaError
from labeling.visible.stamp import Pixels

#: decode.h and encode.h, WEBP_DECODER_ABI_VERSION and WEBP_ENCODER_ABI_VERSION; libwebp refuses another major part.
_DECODER_ABI: Final = 0x0209
_ENCODER_ABI: Final = 0x020F
#: decode.h, WEBP_CSP_MODE.
_MODE_BGRA: Final = 3
_MODE_YUV: Final = 11
_MODE_YUVA: Final = 12
#: encode.h, WebPEncCSP.
_YUV420: Final = 0
_YUV420A: Final = 4


@dataclass(frozen=True, slots=True)
class Planes:
    """A lossy picture as VP8 stores it: BT.601 in video range, chroma at half the size (RFC 6386, section 9.2)."""

    #: Shape (height, width).
    luma: Pixels
    #: Blue and red difference, shape (2, height / 2, width / 2), rounded up.
    chroma: Pixels
    #: Shape (height, width), None where the picture is opaque.
    alpha: Pixels | None


class _Rgba(Structure):
    _fields_ = (("pixels", c_void_p), ("stride", c_int), ("size", c_size_t))


class _Yuva(Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("y", "u", "v", "a")),
        *((f"{name}_stride", c_int) for name in ("y", "u", "v", "a")),
        *((f"{name}_size", c_size_t) for name in ("y", "u", "v", "a")),
    )


class _Layout(Union):
    _fields_ = (("rgba", _Rgba), ("yuva", _Yuva))


class _DecodeBuffer(Structure):
    """decode.h, WebPDecBuffer."""

    _fields_ = (
        ("colourspace", c_int),
        ("width", c_int),
        ("height", c_int),
        ("is_external", c_int),
        ("layout", _Layout),
        ("padding", c_uint32 * 4),
        ("private", c_void_p),
    )


class _DecoderConfig(Structure):
    """decode.h, WebPDecoderConfig: the features of the bitstream, the output, the options."""

    _fields_ = (("features", c_uint32 * 10), ("output", _DecodeBuffer), ("options", c_uint32 * 19))


_SETTINGS: Final = (
    "segments sns_strength filter_strength filter_sharpness filter_type autofilter alpha_compression alpha_filtering "
    "alpha_quality pass show_compressed preprocessing partitions partition_limit emulate_jpeg_size thread_level "
    "low_memory near_lossless exact use_delta_palette use_sharp_yuv qmin qmax"
).split()


class _EncoderConfig(Structure):
    """encode.h, WebPConfig."""

    _fields_ = (
        ("lossless", c_int),
        ("quality", c_float),
        ("method", c_int),
        ("image_hint", c_int),
        ("target_size", c_int),
        ("target_psnr", c_float),
        *((name, c_int) for name in _SETTINGS),
    )


_Writer = ctypes.CFUNCTYPE(c_int, c_void_p, c_size_t, c_void_p)


class _Picture(Structure):
    """encode.h, WebPPicture."""

    _fields_ = (
        ("use_argb", c_int),
        ("colourspace", c_int),
        ("width", c_int),
        ("height", c_int),
        *((name, c_void_p) for name in ("y", "u", "v")),
        ("y_stride", c_int),
        ("uv_stride", c_int),
        ("a", c_void_p),
        ("a_stride", c_int),
        ("padding_1", c_uint32 * 2),
        ("argb", c_void_p),
        ("argb_stride", c_int),
        ("padding_2", c_uint32 * 3),
        ("writer", _Writer),
        ("custom", c_void_p),
        ("extra_info_type", c_int),
        *((name, c_void_p) for name in ("extra_info", "stats")),
        ("error_code", c_int),
        *((name, c_void_p) for name in ("progress_hook", "user_data")),
        ("padding_3", c_uint32 * 3),
        ("padding_4", c_void_p * 2),
        ("padding_5", c_uint32 * 8),
        ("memory", c_void_p * 4),
    )


@cache
def library() -> Any:
    """The loaded library, or None where Pillow does not hand its functions on (linked in, or another byte order)."""
    module = find_spec("PIL._webp")
    if module is None or module.origin is None or sys.byteorder != "little":
        return None
    try:
        loaded = ctypes.CDLL(module.origin)
        loaded.WebPInitDecoderConfigInternal.argtypes = (c_void_p, c_int)
        loaded.WebPDecode.argtypes = (c_void_p, c_size_t, POINTER(_DecoderConfig))
        loaded.WebPConfigInitInternal.argtypes = (c_void_p, c_int, c_float, c_int)
        loaded.WebPPictureInitInternal.argtypes = (c_void_p, c_int)
        loaded.WebPEncode.argtypes = (POINTER(_EncoderConfig), POINTER(_Picture))
        fits = loaded.WebPInitDecoderConfigInternal(byref(_DecoderConfig()), _DECODER_ABI)
        fits = fits and loaded.WebPPictureInitInternal(byref(_Picture()), _ENCODER_ABI)
    except (OSError, AttributeError):
        return None
    return loaded if fits else None


def decode_planes(coded: Pixels, width: int, height: int, *, alpha: bool) -> Planes:
    """The planes of a VP8 chunk, or of a file with one and its ALPH; raises MediaError (MEDIA_MALFORMED)."""
    planes = Planes(
        np.empty((height, width), np.uint8),
        np.empty((2, (height + 1) // 2, (width + 1) // 2), np.uint8),
        np.empty((height, width), np.uint8) if alpha else None,
    )
    config = _DecoderConfig()
    library().WebPInitDecoderConfigInternal(byref(config), _DECODER_ABI)
    config.output.colourspace = _MODE_YUVA if alpha else _MODE_YUV
    layout = config.output.layout.yuva
    for name, plane in zip("yuva", (planes.luma, *planes.chroma, planes.alpha), strict=True):
        if plane is not None:
            setattr(layout, name, plane.ctypes.data)
            setattr(layout, f"{name}_stride", plane.shape[1])
            setattr(layout, f"{name}_size", plane.nbytes)
    _decode(coded, config)
    return planes


def decode_packed(coded: Pixels, width: int, height: int) -> Pixels:
    """The pixels of a VP8L chunk as blue, green, red, alpha, shape (height, width, 4); raises MediaError."""
    pixels = np.empty((height, width, 4), np.uint8)
    config = _DecoderConfig()
    library().WebPInitDecoderConfigInternal(byref(config), _DECODER_ABI)
    config.output.colourspace = _MODE_BGRA
    config.output.layout.rgba = _Rgba(pixels.ctypes.data, width * 4, pixels.nbytes)
    _decode(coded, config)
    return pixels


def _decode(coded: Pixels, config: _DecoderConfig) -> None:
    config.output.is_external = 1
    status = library().WebPDecode(coded.ctypes.data, coded.nbytes, byref(config))
    if status:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"decoding the picture failed: libwebp reports status {status}")


def encode_planes(planes: Planes, settings: Mapping[str, Any]) -> bytes:
    """A WebP file of lossy planes; `settings` are fields of WebPConfig. Raises MediaError."""
    picture = _picture(planes.luma)
    picture.colourspace = _YUV420 if planes.alpha is None else _YUV420A
    picture.y, picture.y_stride = planes.luma.ctypes.data, planes.luma.shape[1]
    picture.u, picture.v = (plane.ctypes.data for plane in planes.chroma)
    picture.uv_stride = planes.chroma.shape[2]
    if planes.alpha is not None:
        picture.a, picture.a_stride = planes.alpha.ctypes.data, planes.alpha.shape[1]
    return _encode(picture, settings)


def encode_packed(pixels: Pixels, settings: Mapping[str, Any]) -> bytes:
    """A WebP file of pixels as `decode_packed` gives them. Raises MediaError."""
    picture = _picture(pixels)
    # 32 bits a pixel, blue in the lowest ones.
    picture.use_argb, picture.argb, picture.argb_stride = 1, pixels.ctypes.data, pixels.shape[1]
    return _encode(picture, settings)


def _picture(pixels: Pixels) -> _Picture:
    picture = _Picture()
    library().WebPPictureInitInternal(byref(picture), _ENCODER_ABI)
    picture.height, picture.width = pixels.shape[:2]
    return picture


def _encode(picture: _Picture, settings: Mapping[str, Any]) -> bytes:
    config = _EncoderConfig()
    library().WebPConfigInitInternal(byref(config), 0, settings["quality"], _ENCODER_ABI)
    for name, value in settings.items():
        setattr(config, name, value)
    pieces: list[bytes] = []

    def write(data: int, size: int, _picture: int) -> int:
        pieces.append(ctypes.string_at(data, size))
        return 1

    picture.writer = _Writer(write)
    if not library().WebPEncode(byref(config), byref(picture)):
        raise MediaError(
            ErrorCode.MEDIA_MALFORMED, f"coding the picture failed: libwebp reports error {picture.error_code}"
        )
    return b"".join(pieces)
