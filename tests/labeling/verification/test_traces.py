"""Traces of generators in metadata: evidence for 'suspected', and none in ordinary files."""

from __future__ import annotations

import io
import json
import time

import pytest
from PIL import Image

from labeling import Verdict, verify
from labeling.report import Article6Class, TraceKind
from tests.labeling.test_verification import png

A1111 = "a cat, masterpiece\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 123, Size: 512x512"
COMFY = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}}})
MIDJOURNEY = "a cat --v 5.2 Job ID: 2b6e053b-9a65-4ca9-9e13-b6f4465164d4"


def jpeg(*, user_comment: bytes = b"", description: str = "", software: str = "") -> bytes:
    exif = Image.Exif()
    if description:
        exif[0x010E] = description
    if software:
        exif[0x0131] = software
    if user_comment:
        exif.get_ifd(0x8769)[0x9286] = user_comment
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "generator"),
    [
        (png((b"parameters", A1111.encode())), TraceKind.GENERATOR_PARAMETERS, "Stable Diffusion"),
        (png((b"prompt", COMFY.encode())), TraceKind.GENERATOR_PARAMETERS, "ComfyUI"),
        (png((b"workflow", b'{"last_node_id": 9, "nodes": []}')), TraceKind.GENERATOR_PARAMETERS, "ComfyUI"),
        (png((b"Software", b"NovelAI")), TraceKind.GENERATOR_NAME, "NovelAI"),
        (png((b"Comment", b'{"prompt":"x","steps":28,"uc":"y"}')), TraceKind.GENERATOR_PARAMETERS, "NovelAI"),
        (png((b"invokeai_metadata", b'{"app_version":"4"}')), TraceKind.GENERATOR_PARAMETERS, "InvokeAI"),
        (png((b"sd-metadata", b'{"model":"sd"}')), TraceKind.GENERATOR_PARAMETERS, "InvokeAI"),
        (png((b"fooocus_scheme", b"fooocus")), TraceKind.GENERATOR_PARAMETERS, "Fooocus"),
        (png((b"Description", MIDJOURNEY.encode())), TraceKind.GENERATOR_PARAMETERS, "Midjourney"),
        (
            jpeg(user_comment=b"UNICODE\0" + A1111.encode("utf-16-be")),
            TraceKind.GENERATOR_PARAMETERS,
            "Stable Diffusion",
        ),
        (jpeg(description=A1111), TraceKind.GENERATOR_PARAMETERS, "Stable Diffusion"),
        (jpeg(software="Adobe Firefly 2"), TraceKind.GENERATOR_NAME, "Adobe Firefly"),
        (jpeg(user_comment=b"ASCII\0\0\0" + b'{"aigc_label_type":1}'), TraceKind.PRIVATE_LABEL, "ByteDance"),
        (
            jpeg(description='{"ServiceProvider":"x","ServiceUser":"y","Time":"z","ContentId":"1"}'),
            TraceKind.PRIVATE_LABEL,
            "Tencent Cloud",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_generators_give_themselves_away_and_are_suspected_only(data: bytes, kind: TraceKind, generator: str) -> None:
    report = verify(data)
    assert [(trace.kind, trace.generator) for trace in report.traces] == [(kind, generator)]
    assert report.verdict is Verdict.NOT_FOUND
    assert report.article6.kind is Article6Class.SUSPECTED


@pytest.mark.parametrize(
    "data",
    [
        png((b"Comment", b"steps: first, do this")),
        png((b"Software", b"Adobe Photoshop 26.0"), (b"prompt", b"what is your name?")),
        png((b"Title", b"Stable Diffusion explained")),
        jpeg(user_comment=b"ASCII\0\0\0hello", description="A walk, 20 steps: fine", software="GIMP 2.10"),
        jpeg(description="an article about Midjourney and DALL-E"),
    ],
    ids=["steps", "photoshop", "title", "camera", "article"],
)
def test_ordinary_words_are_no_trace(data: bytes) -> None:
    assert verify(data).traces == ()


def test_a_long_entry_is_quoted_in_part() -> None:
    report = verify(png((b"parameters", (A1111 + "x" * 50_000).encode())))
    assert len(report.traces[0].text) == report.limits.trace_characters


@pytest.mark.parametrize(
    "text",
    [
        '"uc":"seed":' * 50_000,
        "steps: 1," * 50_000,
        "job id: " * 50_000,
        '"ServiceProvider":' * 50_000,
        "made with " * 50_000,
    ],
    ids=["draw-things", "steps", "job", "private", "google"],
)
def test_no_text_makes_the_search_slow(text: str) -> None:
    data = png(*((keyword, text.encode()) for keyword in (b"Comment", b"Software", b"prompt", b"x")))
    started = time.process_time()
    verify(data)
    assert time.process_time() - started < 4
