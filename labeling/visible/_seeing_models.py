"""The two networks that find and read lines of text: PP-OCR models from the wheel of `rapidocr`, run by onnxruntime.

Only the model files of `rapidocr` are used. Its own pipeline fetches models that it misses, logs to the terminal and
loads three further libraries; here nothing but two files is read, so nothing can be fetched.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.errors import DeclarationError, ErrorCode

#: What the extra `ocr` brings.
RUNTIME = "onnxruntime"
MODEL_PACKAGE = "rapidocr"
_MODEL_NAMES = {"detection": "*_det_*.onnx", "recognition": "*_rec_*.onnx"}

#: Both sides of what is shown to the detector are multiples of this.
DETECTOR_STEP = 32
#: Height in pixels of a line as the reader wants it, and the step of its width.
LINE_HEIGHT = 48
_LINE_STEP = 8
#: Narrowest and widest line that is shown to the reader, in pixels at that height.
_NARROWEST = 64
_WIDEST = 32 * LINE_HEIGHT

#: onnxruntime: errors only.
_QUIET = 3

Pixels = NDArray[np.uint8]
Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """One line as it was read."""

    words: str
    #: Mean probability of its characters, 0..1.
    score: float
    #: Where the middle of each character of `words` lies, as a share of the line's width.
    centres: tuple[float, ...]


class Models:
    """The loaded networks. `find` and `read` may be called from several threads at once."""

    def __init__(self, threads: int) -> None:
        files = model_files()
        if files is None:
            raise unavailable()
        runtime = importlib.import_module(RUNTIME)
        self._detector = _session(runtime, files["detection"], threads)
        self._reader = _session(runtime, files["recognition"], threads)
        listed = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        #: By class of the reader's output; the first is 'nothing', the last a space.
        self._characters = ("", *listed, " ")

    def find(self, picture: Image.Image) -> Map:
        """Probability that a pixel lies in the core of a line of text; shape (height, width) of the RGB picture.

        Both sides of the picture must be multiples of `DETECTOR_STEP`.
        """
        found: Map = self._detector.run(None, {self._detector.get_inputs()[0].name: _tensor(picture)})[0][0, 0]
        return found

    def read(self, line: Image.Image) -> Reading:
        """Read one upright line of text from an RGB picture of any size."""
        width = min(max(round(line.width * LINE_HEIGHT / line.height), 1), _WIDEST)
        shown = line.resize((width, LINE_HEIGHT), Image.Resampling.BILINEAR, reducing_gap=3.0)
        padded = max(-(-width // _LINE_STEP) * _LINE_STEP, _NARROWEST)
        tensor = np.zeros((1, 3, LINE_HEIGHT, padded), dtype=np.float32)
        tensor[..., :width] = _tensor(shown)
        steps: Map = self._reader.run(None, {self._reader.get_inputs()[0].name: tensor})[0][0]
        return self._decoded(steps, padded / width)

    def _decoded(self, steps: Map, stretch: float) -> Reading:
        """The likeliest class of each step, runs of one class taken once (CTC)."""
        classes = steps.argmax(axis=1)
        starts = np.flatnonzero((classes != 0) & (classes != np.concatenate(([0], classes[:-1]))))
        if not starts.size:
            return Reading("", 0.0, ())
        words = "".join(self._characters[index] for index in classes[starts])
        score = float(steps[starts, classes[starts]].mean())
        return Reading(words, score, tuple(float(at) for at in (starts + 0.5) / len(classes) * stretch))


def model_files() -> dict[str, Path] | None:
    """The model files by task, or None where the extra is not installed; loads nothing."""
    if importlib.util.find_spec(RUNTIME) is None:
        return None
    package = importlib.util.find_spec(MODEL_PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(next(iter(package.submodule_search_locations))) / "models"
    files = {task: next(iter(sorted(folder.glob(pattern))), None) for task, pattern in _MODEL_NAMES.items()}
    return {task: file for task, file in files.items() if file is not None} if all(files.values()) else None


def unavailable() -> DeclarationError:
    """What is raised where the extra is not installed."""
    return DeclarationError(
        ErrorCode.RECOGNITION_UNAVAILABLE,
        "reading the visible label on pictures needs the extra `ocr`: pip install 'mingbiao[ocr]'",
        extra="ocr",
    )


def _session(runtime: Any, file: Path, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena never gives memory back.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _QUIET
    return runtime.InferenceSession(str(file), sess_options=options, providers=["CPUExecutionProvider"])


def _tensor(picture: Image.Image) -> Map:
    """(1, 3, height, width) in -1..1; the networks were trained on blue, green, red."""
    pixels = np.asarray(picture, dtype=np.float32)[..., ::-1].transpose(2, 0, 1)
    tensor: Map = (pixels / np.float32(127.5) - np.float32(1))[None]
    return tensor
