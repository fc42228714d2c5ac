"""Paths of objects: speeds, stops and turns, frame by frame."""

import numpy as np


def speeds(rng: np.random.Generator, frames: int, *, stops: float) -> np.ndarray:
    """Pixels a frame, (frames,): one pace that varies a little; with a chance of `stops` it stops for 10 to 350."""
    pace = log_uniform(rng, 0.25, 9)
    speed = np.full(frames, pace) * (1 + 0.25 * np.sin(np.arange(frames) / rng.uniform(8, 40) + rng.uniform(0, 6)))
    while rng.uniform() < stops:
        start = int(rng.integers(0, max(frames - 5, 1)))
        speed[start : start + int(log_uniform(rng, 10, 350))] = 0
        stops *= 0.4
    return speed


def path(rng: np.random.Generator, speed: np.ndarray, *, start: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Places (frames, 2), right and down, from `start` through points of the picture at `speed`."""
    height, width = size
    distance = np.cumsum(speed) - speed[0]
    points, length = [np.asarray(start, float)], 0.0
    flat = rng.uniform(0.05, 0.5)  # most ways lead across rather than up and down
    across = 1 if points[0][0] < width / 2 else -1
    while length <= distance[-1] + 1:
        if rng.uniform() < 0.6:
            step = np.array([across * rng.uniform(0.4, 1.3) * width, rng.normal(0, flat) * height])
        else:
            step = np.array([rng.uniform(-0.2, 1.2) * width, rng.uniform(0.3, 1.1) * height]) - points[-1]
        if rng.uniform() < 0.25:
            across = -across
        if np.hypot(*step) < 8:
            continue
        points.append(points[-1] + step)
        length += float(np.hypot(*step))
    way = np.array(points)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    places = np.stack([np.interp(distance, along, way[:, axis]) for axis in (0, 1)], axis=1)
    return smooth(places, 7)


def smooth(values: np.ndarray, width: int) -> np.ndarray:
    """A moving mean over (t, k), its ends repeated."""
    padded = np.pad(values, [(width // 2, width // 2), (0, 0)], mode="edge")
    total = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), padded]), axis=0)
    return np.asarray((total[width:] - total[:-width]) / width)


def log_uniform(rng: np.random.Generator, least: float, most: float) -> float:
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))
