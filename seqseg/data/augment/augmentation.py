"""The augmentation of clips and masks: everything is drawn once a clip and applied to all of its frames.

The choice of frames varies before they are read (`time_warp.py`). One warp moves the pixels (`warp.py`), then objects
of another clip are pasted in (`copy_paste.py`), then the look changes (`look.py`).
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seqseg.data.augment.copy_paste import Pasted, choose_objects, moving_or_held
from seqseg.data.augment.faults import Faults
from seqseg.data.augment.look import Look, colour_mix, colour_table
from seqseg.data.augment.rare_crop import rare_pixel
from seqseg.data.augment.time_warp import TimeWarp
from seqseg.data.augment.warp import Warp, affine, elastic_displacement, perspective
from seqseg.data.denoising import Denoiser
from seqseg.data.sequences import LazySequence
from seqseg.data.video import size_of
from seqseg.data.void import void_value
from seqseg.errors import ConfigError

Size = tuple[int, int]
"""(height, width)."""

Clips = Sequence[np.ndarray] | np.ndarray | LazySequence[np.ndarray]
"""The frames or labels of a clip."""

# A shear of 45 degrees would make both axes one; corners moved by a quarter could become collinear.
_LARGEST = {
    "flip": 1, "flip_vertical": 1, "rotate": 180, "shift": 1, "shear": 40, "perspective": 0.2, "colour": 1, "hue": 180,
    "saturation": 1, "blur": 20, "noise": 128, "cutout": 1, "balanced_crop": 1, "copy_paste": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """The draw of a clip: where each output pixel comes from, the look of the frames, and the faults of single ones."""

    warp: Warp
    look: Look
    faults: Faults | None = None
    denoise: bool = False


@dataclass(frozen=True)
class Augmentation:
    """clip (t, h, w, 3), labels (t, h, w) -> the same, moved and coloured, all frames of a clip alike.

    Frames continue by reflection outside the image; labels are void there and always take the nearest pixel.

    Args:
        flip: probability of mirroring left and right.
        flip_vertical: probability of mirroring top and bottom.
        scale: (smallest, largest) zoom, drawn evenly on a log scale; above 1 is closer.
        rotate: largest angle either way, in degrees.
        shift: largest move either way, as a fraction of height and width.
        shear: largest slant of either axis either way, in degrees.
        perspective: largest move of each corner, as a fraction of height and width.
        elastic: (standard deviation, smoothness) in pixels of a random smooth deformation (Simard et al. 2003);
            smoothness is the sigma of the smoothing Gaussian, best three times the first or more.
        colour: strength of the changes of brightness, contrast, gamma and the gain of each channel; 0 is none.
        hue: largest turn of all hues either way, in degrees.
        saturation: strength of the change of saturation, a factor from 1 - strength to 1 + strength.
        blur: largest standard deviation of a Gaussian blur, in pixels.
        noise: largest standard deviation of noise, in grey levels of 255; drawn for each frame.
        jpeg: (worst, best) quality of a JPEG compression of the frames, 1 to 100, or None.
        cutout: largest side of a rectangle of one colour over the clip, as a fraction of height and width (DeVries and
            Taylor 2017). The labels stay.
        crop: (height, width) to cut out at a random place, or None for the size that came in.
        balanced_crop: probability that the crop (or the part that a zoom shows) holds a pixel of a class drawn with
            the inverse of its frequency in `class_counts`, or in the clip if that is None.
        class_counts: pixels of each class in the whole set, for `balanced_crop`.
        copy_paste: probability of pasting objects of another clip (Ghiasi et al. 2021).
        paste_classes: the indices of the classes that are such objects.
        faults: of single frames, each drawn separately, or None; their seed is drawn here.
        denoise: clean the frames as `--denoise` does in a stream, each clip from its first frame.
        time: the variation of a clip in time, or None.

    Example:
        >>> clip, labels = np.zeros((2, 30, 40, 3), np.uint8), np.zeros((2, 30, 40), np.uint8)
        >>> Augmentation(crop=(20, 24))(clip, labels, np.random.default_rng(0))[0].shape
        (2, 20, 24, 3)
    """

    flip: float = 0.5
    flip_vertical: float = 0.0
    scale: tuple[float, float] = (0.75, 1.5)
    rotate: float = 10.0
    shift: float = 0.1
    shear: float = 0.0
    perspective: float = 0.0
    elastic: tuple[float, float] = (0.0, 16.0)
    colour: float = 0.2
    hue: float = 0.0
    saturation: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: tuple[float, float] | None = None
    cutout: float = 0.0
    crop: tuple[int, int] | None = None
    balanced_crop: float = 0.0
    class_counts: Sequence[int] | None = field(default=None, repr=False)
    copy_paste: float = 0.0
    paste_classes: tuple[int, ...] = ()
    faults: Faults | None = None
    denoise: bool = False
    time: TimeWarp | None = None

    def __post_init__(self) -> None:
        for name, most in _LARGEST.items():
            if not 0 <= getattr(self, name) <= most:
                raise ConfigError(f"augment.{name} goes from 0, which is none, to {most:g}; got {getattr(self, name)}")
        if len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1]:
            raise ConfigError(f"augment.scale must be [smallest, largest], both above 0, got {self.scale}")
        if len(self.elastic) != 2 or self.elastic[0] < 0 or self.elastic[1] <= 0:
            raise ConfigError(
                "augment.elastic must be [deviation, smoothness] in pixels, the first 0 (which is none) or more, the "
                f"second above 0, got {self.elastic}"
            )
        if self.jpeg is not None and (len(self.jpeg) != 2 or not 1 <= self.jpeg[0] <= self.jpeg[1] <= 100):
            raise ConfigError(f"augment.jpeg must be [worst, best] quality from 1 to 100, or none, got {self.jpeg}")
        if self.copy_paste and not self.paste_classes:
            raise ConfigError("augment.copy_paste needs objects; name their classes in augment.paste_classes")

    @property
    def needs_whole_clips(self) -> tuple[str, ...]:
        """The names of the options in use that are drawn for every clip independently."""
        spatial = tuple(name for name in ("balanced_crop", "copy_paste") if getattr(self, name))
        return spatial + (self.time.options_on if self.time else ())

    def __call__(self, clip: Clips, labels: Clips, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One draw of `rng` for the whole clip."""
        return apply(self.draw(rng, size_of(clip[0]), labels=labels), clip, labels)

    def draw(
        self, rng: np.random.Generator, frame_size: Size, output_size: Size | None = None, *, labels: Clips = ()
    ) -> Draw:
        """Draw for frames of `frame_size`; the output has the size of `crop`, else `output_size`, else `frame_size`.

        `balanced_crop` needs the clip's `labels`.
        """
        size = self.crop or output_size or frame_size
        warp, look = self._draw_warp(rng, frame_size, size, labels), self._draw_look(rng, size)
        faults = self.faults and dataclasses.replace(self.faults, seed=int(rng.integers(2**32)))
        return Draw(warp, look, faults, self.denoise)

    def draw_pasted(
        self, rng: np.random.Generator, frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], size: Size
    ) -> Pasted | None:
        """Objects of another clip, frames (h, w, 3) and labels, to paste into one of `size`; None without objects."""
        frames, labels = moving_or_held(rng, frames, labels)
        classes = choose_objects(rng, labels, self.paste_classes) if frames else ()
        if not classes:
            return None
        return Pasted(frames, labels, self._draw_warp(rng, size_of(frames[0]), size, labels), classes)

    def _draw_warp(self, rng: np.random.Generator, frame_size: Size, size: Size, labels: Clips) -> Warp:
        zoom = math.exp(rng.uniform(math.log(self.scale[0]), math.log(self.scale[1])))
        angle = math.radians(rng.uniform(-self.rotate, self.rotate))
        mirrored = rng.random() < self.flip
        shifts = rng.uniform(-self.shift, self.shift, 2) * size
        places = rng.random(2) if self.crop else np.full(2, 0.5)
        shown = [out / zoom for out in size]
        rare = rare_pixel(rng, labels, self.class_counts) if _happens(rng, self.balanced_crop) else None
        if rare is None:
            middles = [_centre(*one) for one in zip(places, shown, frame_size, strict=True)]
            centre = (middles[0] + shifts[0], middles[1] + shifts[1])
        else:
            y, x = (_centre_near(*one) for one in zip(rare, shown, frame_size, strict=True))
            centre = (y, x)
        upside_down = _happens(rng, self.flip_vertical)
        shear = tuple(np.radians(rng.uniform(-self.shear, self.shear, 2)).tolist()) if self.shear else (0.0, 0.0)
        matrix = affine(centre, size, zoom=zoom, angle=angle, shear=shear, mirrored=(mirrored, upside_down))
        if self.perspective:
            matrix = matrix @ perspective(rng.uniform(-self.perspective, self.perspective, (4, 2)), size)
        warp = Warp(matrix, size, self._draw_displacement(rng, size))
        return warp if rare is None else warp.showing(rare[1], rare[0])

    def _draw_displacement(self, rng: np.random.Generator, size: Size) -> np.ndarray | None:
        deviation, smoothness = self.elastic
        return elastic_displacement(rng, size, deviation=deviation, smoothness=smoothness) if deviation else None

    def _draw_look(self, rng: np.random.Generator, size: Size) -> Look:
        brightness, contrast, gamma = rng.uniform(-1, 1, 3) * self.colour
        gains = 1 + rng.uniform(-0.5, 0.5, 3) * self.colour
        table = colour_table(brightness, contrast, gamma, gains)
        mix = None
        if self.hue or self.saturation:
            hue = math.radians(rng.uniform(-self.hue, self.hue))
            mix = colour_mix(hue, 1 + rng.uniform(-self.saturation, self.saturation))
        hole = _draw_hole(rng, size, self.cutout) if self.cutout else None
        red, green, blue = rng.integers(0, 256, 3).tolist() if self.cutout else (0, 0, 0)
        return Look(
            table, mix,
            blur=rng.uniform(0, self.blur) if self.blur else 0.0,
            noise=rng.uniform(0, self.noise) if self.noise else 0.0,
            jpeg=round(rng.uniform(*self.jpeg)) if self.jpeg else None,
            hole=hole, fill=(red, green, blue),
            seed=int(rng.integers(2**32)) if self.noise else 0,
        )  # fmt: skip


def apply(
    draw: Draw, clip: Clips, labels: Clips, *, pasted: Pasted | None = None, walk: Sequence[np.ndarray] | None = None,
    first: int = 0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Move and colour frames (t, h, w, 3) and labels (t, h, w) as drawn, and paste objects in.

    Labels may be bit planes (t, h, w, k) (`labels/planes.py`); outside the image every class is void.

    Args:
        walk: for every frame a matrix (3, 3) from its pixels to those of the draw's output; see `StillWalk`.
        first: the number of the first frame, from which its faults are drawn.
    """
    frames_out = np.empty((len(clip), *draw.warp.size, 3), np.uint8)
    labels_out = np.empty((len(labels), *draw.warp.size, *labels[0].shape[2:]), np.uint8)
    void = void_value(labels[0])
    before, clean = None, Denoiser() if draw.denoise else None
    for index, (frame, mask) in enumerate(zip(clip, labels, strict=True)):
        warp = draw.warp if walk is None else draw.warp.after(walk[index])
        warp.frame(frame, frames_out[index])
        warp.mask(mask, labels_out[index], void=void)
        if pasted is not None:
            pasted.onto(frames_out[index], labels_out[index], index)
        draw.look.on(frames_out[index], index)
        if draw.faults is not None:
            draw.faults.on(frames_out[index], before, first + index)
            before = frames_out[index].copy()
        if clean is not None:
            frames_out[index] = clean(frames_out[index])
    return frames_out, labels_out


def _happens(rng: np.random.Generator, probability: float) -> bool:
    """Draws only if there is something to decide, so that an option that is off changes no later draw."""
    return bool(probability) and rng.random() < probability


def _centre(place: float, shown: float, there: float) -> float:
    """The centre of `shown` pixels within `there` pixels: `place` 0 is the first position, 1 the last."""
    if shown >= there:
        return there / 2
    return shown / 2 + place * (there - shown)


def _centre_near(pixel: int, shown: float, there: float) -> float:
    """The centre of `shown` pixels that is closest to `pixel` while all of them stay within `there` pixels."""
    return _centre(0.5, shown, there) if shown >= there else float(np.clip(pixel + 0.5, shown / 2, there - shown / 2))


def _draw_hole(rng: np.random.Generator, size: Size, largest: float) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of a rectangle inside."""
    sides = [round(side * rng.uniform(0, largest)) for side in size]
    starts = [int(rng.integers(there - side + 1)) for side, there in zip(sides, size, strict=True)]
    return starts[0], starts[1], starts[0] + sides[0], starts[1] + sides[1]
