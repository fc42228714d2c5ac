"""`--split-long MINUTES`: chunks of long sources for several workers, and their masks put together again."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqseg.cli.segment.finding import source_of
from seqseg.cli.segment.options import SegmentOptions, Wanted
from seqseg.cli.segment.segmenting import Segmenter, make_sinks
from seqseg.errors import ConfigError
from seqseg.files import write_json
from seqseg.offline.chunks import AGREES, agreement, chunks_of, warm_up_of
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Segmented, SourceFailed, Watch
from seqseg.offline.records import Settings

if TYPE_CHECKING:
    import numpy as np

MEASURED = 160
"""Frames of the first long source on which the warm-up is measured."""
SUFFIX = ".chunks"
CHUNK = Wanted(masks=True, masks_as="movie")


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How many frames a fresh state needs, and the agreement after 0, 1, … of them; see `agreement`."""

    frames: int
    curve: tuple[float, ...]

    @property
    def bound(self) -> float:
        """The largest share of pixels seen to differ in a frame after the warm-up."""
        return 1 - min(self.curve[self.frames :])


class Splitter:
    """Cuts long sources into chunks, and joins them.

    Args:
        minutes: sources that last longer are cut into chunks of about so long.
        exact: states are handed from chunk to chunk; nothing differs, and a source's chunks follow each other.
    """

    def __init__(self, options: SegmentOptions, settings: Settings, *, minutes: float, exact: bool) -> None:
        if not 0 < minutes < float("inf"):
            raise ConfigError(f"--split-long must be greater than 0 minutes, got {minutes:g}")
        if options.reading.on_cut == "reset":
            raise ConfigError("--on-cut reset does not go with --split-long, which begins in the middle of sources")
        self.options, self.minutes, self.exact = options, minutes, exact
        # Chunks keep masks alone; the other outputs are made when they are joined.
        self.chunk_options = replace(options, wanted=CHUNK)
        self.chunk_settings = replace(settings, options={**settings.options, "outputs": CHUNK.to_dict()})
        self.settings = replace(settings, options={**settings.options, "split": {"minutes": minutes, "exact": exact}})
        self.plain = settings  # of sources that are not cut
        self._segmenter = Segmenter(options)
        self._warm_up: WarmUp | None = None

    def plan(self, job: Job) -> list[Job]:
        """The chunks of a source; none where it is not longer than that, or cannot be opened."""
        from streams.errors import StreamError

        reading = self.options.reading
        try:
            with source_of(job, fps=reading.fps or 25, deinterlace=reading.deinterlace) as source:
                length, rate = source.length, source.rate
        except (StreamError, OSError):
            return []  # segmenting it says what is wrong
        seconds = self.minutes * 60
        if not length or not rate or length / rate <= seconds:
            return []
        into = str(Path(self.options.out) / f".{job.name}{SUFFIX}")
        frames = 0 if self.exact else self.warm_up(job).frames
        chunks = chunks_of(
            job, seconds=seconds, length=Fraction(length) / rate, rate=Fraction(rate), warm_up=frames, into=into
        )
        if not self.exact:
            return chunks
        states = [str(Path(into) / f"{number}.npz") for number in range(len(chunks))]
        return [
            replace(chunk, keep=states[number], state=states[number - 1] if number else "")
            for number, chunk in enumerate(chunks)
        ]

    def warm_up(self, job: Job) -> WarmUp:
        """That of the model with these options: from its file, else measured on this source and written there.

        Raises:
            ConfigError: its memory lasts longer than what is tried.
        """
        if self._warm_up is None:
            key = {"model_sha256": self.settings.sha256, "options": dict(self.chunk_settings.options)}
            file = self._file()
            self._warm_up = _read(file, key) or self._measured(job)
            content = {"frames": self._warm_up.frames, "agrees": AGREES, "curve": list(self._warm_up.curve)}
            write_json(file, key | content | {"measured_on": job.path})
        return self._warm_up

    def join(self, chunks: list[Job]) -> Callable[[Job, Path, Watch], Segmented]:
        """`segment(job, folder, watch)` that takes the masks of the chunks instead of the network's."""

        def segment(job: Job, folder: Path, watch: Watch) -> Segmented:
            from streams import Engine, Prefetch

            masks = _masks(chunks)
            model, _, _ = self._segmenter.load()
            reading = self.options.reading
            source = source_of(job, fps=reading.fps or 25, deinterlace=reading.deinterlace)
            engine = Engine(lambda images, states: ([_next(masks, job)], states))
            stream = engine.attach(Prefetch(source), make_sinks(self.options.wanted, model.card, job, folder))
            engine.run()
            if stream.error is not None:
                raise SourceFailed(str(stream.error))
            if next(masks, None) is not None:
                raise SourceFailed(f"{job.path} has fewer frames than its chunks; leave --split-long out for it")
            return Segmented(stream.frames, tuple(stream.warnings), {"split": self.facts(len(chunks))})

        return segment

    def facts(self, chunks: int) -> dict[str, Any]:
        """What the record says of the splitting."""
        warm_up = self._warm_up
        if self.exact or warm_up is None:
            return {"chunks": chunks, "exact": True}
        return {"chunks": chunks, "exact": False, "warm_up": warm_up.frames, "differing_bound": round(warm_up.bound, 6)}

    def _measured(self, job: Job) -> WarmUp:
        reading = self.options.reading
        _, step, _ = self._segmenter.load()

        def one(image: "np.ndarray", state: Any) -> "tuple[np.ndarray, Any]":
            (mask,), (after,) = step([image], [state])
            return mask, after

        with source_of(job, fps=reading.fps or 25, deinterlace=reading.deinterlace) as source:
            images = [frame.image for frame in islice(source, MEASURED)]
        curve = agreement(one, images)
        frames = warm_up_of(curve)
        if frames is None:
            raise ConfigError(
                f"after {len(curve) - 1} frames {1 - curve[-1]:.2%} of the masks of {self.options.trained} differ "
                "still from those with the whole past; split with --split-exact, or not at all"
            )
        return WarmUp(frames, tuple(round(value, 6) for value in curve))

    def _file(self) -> Path:
        """Beside the model, where that can be written; else in the output folder."""
        model = Path(self.options.file)
        folder = model.parent
        if (folder / "config.toml").is_file() and os.access(folder, os.W_OK):
            return folder / "warm_up.json"
        return Path(self.options.out) / "warm_up.json"


def _read(file: Path, key: dict[str, Any]) -> WarmUp | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        same = all(content[name] == json.loads(json.dumps(value)) for name, value in key.items())
        return WarmUp(int(content["frames"]), tuple(content["curve"])) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is measured again


def _masks(chunks: list[Job]) -> "Iterator[np.ndarray]":
    from streams import MovieFrames

    for chunk in chunks:
        folder = Path(chunk.into) / chunk.name
        if (folder / "masks-2.mkv").exists():
            raise SourceFailed(f"the pictures of {chunk.path} change their size; leave --split-long out for it")
        yield from MovieFrames(folder / "masks.mkv", pixels="gray")


def _next(masks: "Iterator[np.ndarray]", job: Job) -> "np.ndarray":
    mask = next(masks, None)
    if mask is None:
        raise SourceFailed(f"{job.path} has more frames than its chunks; leave --split-long out for it")
    return mask
