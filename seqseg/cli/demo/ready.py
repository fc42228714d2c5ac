"""The demo's first ten seconds: a ready model on a synthetic movie."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.demo.movie import FPS, write_movie

if TYPE_CHECKING:
    import numpy as np

    from streams import Frame

READY = "moving"
SEED, SIZE = 11, (240, 320)
SECONDS = 5


def show_ready(out: Path, *, quick: bool) -> bool:
    """Stream a synthetic movie of moving objects through the ready model; gives whether there is one."""
    from seqseg.models.pretrained.ready import ready_models

    if READY not in ready_models():
        return False
    from seqseg.cli.demo.picture import Picture
    from seqseg.data.kinds.shapes import shapes_stream
    from seqseg.inference.predictor import Predictor
    from seqseg.models.build import load_model
    from streams import Background, MovieSink, Overlay, Prefetch, open_source, run

    print(f"first     the ready model {READY}: moving objects of a fixed camera, without training")
    out.mkdir(parents=True, exist_ok=True)
    frames = FPS if quick else SECONDS * FPS
    write_movie(out / "moving.mp4", shapes_stream(seed=SEED, size=SIZE, moving=True), frames)
    start = time.perf_counter()
    first: list[float] = []
    model = load_model(READY)
    overlay = Overlay(model.card.palette, model.card.classes)
    picture = Picture(overlay, every=frames // 4)

    def look(frame: "Frame", mask: "np.ndarray") -> None:
        first.append(time.perf_counter() - start)
        picture.look(frame, mask)

    run(
        Prefetch(open_source(out / "moving.mp4")),
        Predictor(model).step,
        Background(MovieSink(out / "moving-overlay.mp4", overlay)),
        on_frame=look,
    )
    picture.write(out / "moving.png")
    print(f"          the first mask {first[0]:.1f} s after it was asked for; {out / 'moving-overlay.mp4'}\n")
    return True
