"""(e) Clips into training against bare engines with the same work; (g) memory and opening time of large sets.

Clips of 8 frames of 360x480 with the default augmentation, batches of 4, two threads: `seqseg.data` against a bare cv2
loop under grain's threads and the same loop under tf.data, both written here without seqseg. The frames
are CamVid's where $SEQSEG_DATA or ../shared/data has them, else drawn.
"""

import json
import math
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cv2
import grain
import numpy as np
from measure import in_a_process, peak_memory

from seqseg.data import open_data
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.clips.pipeline import clip_batches, feed

TIMESTEPS, HEIGHT, WIDTH, BATCH, THREADS, BATCHES, ROUNDS = 8, 360, 480, 4, 2, 6, 7
FILE = Path(__file__).name
SHARED = Path(os.environ.get("SEQSEG_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def compare_files(rounds=ROUNDS):
    """Ratios of our time to that of the fastest bare engine, reading image files."""
    with tempfile.TemporaryDirectory() as folder:
        root = camvid_or_drawn(Path(folder))
        windows = list_windows(root)
        return in_rounds(
            rounds,
            {
                "seqseg": ours(f"camvid:{root}"),
                "grain": bare_grain(windows, read_files),
                "tf.data": bare_tf_data(windows, read_files),
            },
        )


def compare_records(rounds=ROUNDS):
    """The same from ArrayRecord: `seqseg convert` and records: against a plain file of JPEG and PNG pairs."""
    from array_record.python import array_record_data_source, array_record_module

    from seqseg.data.records.convert import convert

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "drawn").mkdir()
        root = camvid_or_drawn(Path(folder) / "drawn")
        windows = list_windows(root)
        convert([open_data(f"camvid:{root}")], Path(folder) / "records", source="camvid")
        plain = Path(folder) / "plain.array_record"
        writer = array_record_module.ArrayRecordWriter(str(plain), "group_size:1")
        for image, mask in (pair for window in windows for pair in window):
            image = Path(image).read_bytes()
            writer.write(len(image).to_bytes(4, "little") + image + Path(mask).read_bytes())
        writer.close()
        numbers = np.arange(sum(map(len, windows))).reshape(-1, TIMESTEPS).tolist()
        with array_record_data_source.ArrayRecordDataSource(str(plain)) as source:

            def read_record(number):
                record = np.frombuffer(source[number], np.uint8)
                end = 4 + int(record[:4].view("<u4")[0])
                return record[4:end], record[end:]

            return in_rounds(
                rounds,
                {
                    "seqseg": ours(f"records:{Path(folder) / 'records'}"),
                    "grain": bare_grain(numbers, read_record),
                    "tf.data": bare_tf_data(numbers, read_record),
                },
            )


def in_rounds(rounds, engines):
    """Every engine makes BATCHES batches in turn; the first round, which warms everything up, is not counted."""
    cv2.setNumThreads(1)
    seconds = {name: [] for name in engines}
    processor = {name: [] for name in engines}
    for turn in range(rounds + 1):
        for name, batches in engines.items():
            begin, begin_cpu = time.perf_counter(), time.process_time()
            number = sum(1 for _ in batches(turn * BATCHES))
            if turn:
                seconds[name].append(1000 * (time.perf_counter() - begin) / number / BATCH)
                processor[name].append(1000 * (time.process_time() - begin_cpu) / number / BATCH)
    return {
        "clock": _against_the_fastest(seconds),
        "processor": _against_the_fastest(processor),
        "figures": {"ms a clip": seconds, "processor ms a clip": processor},
    }


def _against_the_fastest(times):
    """The median over rounds, so that what else the machine does weighs on both sides alike."""
    fastest = min((name for name in times if name != "seqseg"), key=lambda name: np.median(times[name]))
    return float(np.median(np.array(times["seqseg"]) / times[fastest]))


def ours(source):
    """start -> BATCHES batches from number `start` on, as training gets them."""
    data = open_data(source)
    dataset = clip_batches(data, timesteps=TIMESTEPS, batch=BATCH, size=(HEIGHT, WIDTH), augment=Augmentation())
    return lambda start: feed(dataset[: start + BATCHES], start=start, threads=THREADS)


def bare_grain(windows, read):
    dataset = grain.MapDataset.source(windows).seed(0).shuffle().repeat()
    dataset = dataset.random_map(lambda window, rng: bare_clip(map(read, window), rng))
    dataset = dataset.batch(BATCH, drop_remainder=True)
    options = grain.ReadOptions(num_threads=THREADS, prefetch_buffer_size=3)
    return lambda start: dataset[start : start + BATCHES].to_iter_dataset(options)


def bare_tf_data(windows, read):
    import tensorflow as tf

    def clip_of(index):
        return bare_clip(map(read, windows[index]), np.random.default_rng(index))

    def load(number):
        clip, labels = tf.numpy_function(clip_of, [number], [tf.uint8, tf.uint8])
        clip.set_shape((TIMESTEPS, HEIGHT, WIDTH, 3))
        labels.set_shape((TIMESTEPS, HEIGHT, WIDTH))
        return clip, labels

    def batches(start):
        dataset = tf.data.Dataset.range(len(windows)).shuffle(len(windows), seed=start).repeat()
        dataset = dataset.map(load, num_parallel_calls=THREADS, deterministic=True).batch(BATCH, drop_remainder=True)
        return dataset.take(BATCHES).prefetch(3)

    return batches


def read_files(pair):
    return [np.fromfile(path, np.uint8) for path in pair]


def bare_clip(pairs, rng):
    """The work of the default augmentation, written out: one affine and one table a clip, two warps a frame."""
    zoom, angle = math.exp(rng.uniform(math.log(0.75), math.log(1.5))), math.radians(rng.uniform(-10, 10))
    cosine, sine = math.cos(angle) / zoom, math.sin(angle) / zoom
    matrix = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])
    if rng.random() < 0.5:
        matrix[:, 0] *= -1
    middle = np.array([WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5])
    shift = rng.uniform(-0.1, 0.1, 2) * (WIDTH, HEIGHT)
    matrix[:, 2] = middle + shift - matrix[:, :2] @ middle
    grey = np.linspace(0, 1, 256)[:, None] ** math.exp(rng.uniform(-0.2, 0.2)) * (1 + rng.uniform(-0.1, 0.1, 3))
    table = np.clip(255 * (grey + rng.uniform(-0.1, 0.1)), 0, 255).astype(np.uint8)[None]
    void = np.arange(256, dtype=np.uint8)
    void[11] = 255
    clip = np.empty((TIMESTEPS, HEIGHT, WIDTH, 3), np.uint8)
    labels = np.empty((TIMESTEPS, HEIGHT, WIDTH), np.uint8)
    backward = cv2.WARP_INVERSE_MAP
    for index, (image, mask) in enumerate(pairs):
        frame = cv2.imdecode(image, cv2.IMREAD_COLOR_RGB)
        cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), clip[index], cv2.INTER_LINEAR | backward, cv2.BORDER_REFLECT_101)
        cv2.LUT(clip[index], table, clip[index])
        values = cv2.LUT(cv2.imdecode(mask, cv2.IMREAD_UNCHANGED), void)
        nearest = cv2.INTER_NEAREST | backward
        cv2.warpAffine(values, matrix, (WIDTH, HEIGHT), labels[index], nearest, cv2.BORDER_CONSTANT, 255)
    return clip, labels


def list_windows(root):
    """Lists of TIMESTEPS (image, mask) paths that never cross a sequence."""
    sequences = {}
    for image in sorted((root / "train").iterdir()):
        sequences.setdefault(image.name.partition("_")[0], []).append(
            (str(image), str(root / "trainannot" / f"{image.stem}.png"))
        )
    return [
        files[start : start + TIMESTEPS]
        for files in sequences.values()
        for start in range(0, len(files) - TIMESTEPS + 1, TIMESTEPS)
    ]


def camvid_or_drawn(folder):
    """The folder of CamVid, or one of its layout with 128 drawn frames."""
    if (SHARED / "camvid" / "train").is_dir():
        return SHARED / "camvid"
    data = open_data(f"shapes:videos=8,frames=16,size={HEIGHT}x{WIDTH}")
    for kind in ("train", "trainannot"):
        (folder / kind).mkdir()
    for number, video in enumerate(data.videos):
        for index in range(len(video)):
            name = f"{number:04}_{index:06}.png"
            cv2.imwrite(str(folder / "train" / name), cv2.cvtColor(video.frame(index), cv2.COLOR_RGB2BGR))
            cv2.imwrite(str(folder / "trainannot" / name), video.mask(index))
    return folder


def memory_and_opening():
    """Memory of a set 20 times as large over that of a small one, and seconds to open 100,000 frames."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "drawn").mkdir()
        root = camvid_or_drawn(Path(folder) / "drawn")
        small, large, huge = (link_frames(root, Path(folder) / f"{number}", number) for number in (400, 8000, 100_000))
        memory = {name: in_a_process(FILE, "memory", where) for name, where in (("1x", small), ("20x", large))}
        opening = {"folders": in_a_process(FILE, "open", huge)}
        one = link_frames(root, Path(folder) / "one", 100_000, pixels=1)
        in_a_process(FILE, "convert", one, f"{folder}/records")
        opening["records"] = in_a_process(FILE, "open", f"records:{folder}/records")
    return {
        "memory": memory["20x"]["MiB"] / memory["1x"]["MiB"],
        "opening": max(one["seconds"] for one in opening.values()),
        "figures": {"memory": memory, "opening": opening},
    }


def link_frames(root, folder, number, *, pixels=None):
    """`folders:` with `number` frames in videos of 100: names of a few files, or of one of so many pixels a side."""
    pairs = [pair for window in list_windows(root) for pair in window]
    kinds = ("images", "masks")
    for kind in (*kinds, "files"):
        (folder / kind).mkdir(parents=True)
    for index, pair in enumerate(pairs[: 1 if pixels else None]):
        for kind, path in zip(kinds, pair, strict=True):
            file = folder / "files" / f"{kind}{index}{Path(path).suffix}"
            if pixels:
                cv2.imwrite(str(file), np.zeros((pixels, pixels, 3 if kind == "images" else 1), np.uint8))
            else:
                shutil.copy(path, file)
    names = ["sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"]
    (folder / "classes.txt").write_text("\n".join([*names, "void 11"]) + "\n", encoding="utf-8")
    for index in range(number):
        video, file = f"{index // 100:04}", 0 if pixels else index % len(pairs)
        for kind, path in zip(kinds, pairs[file], strict=True):
            if index % 100 == 0:
                (folder / kind / video).mkdir()
            name = folder / kind / video / f"{index:06}{Path(path).suffix}"
            # A file system has a limit on the names of one file.
            original = folder / "files" / f"{kind}{file}{Path(path).suffix}"
            shutil.copy(original, name) if pixels else os.link(original, name)
    return f"folders:{folder}"


def alone(what, source, out=None):
    begin, begin_cpu = time.perf_counter(), time.process_time()
    data = open_data(source, split="all")
    if what == "open":
        seconds = {"seconds": time.perf_counter() - begin, "processor seconds": time.process_time() - begin_cpu}
        return seconds | {"frames": data.frames}
    if what == "convert":
        from seqseg.data.records.convert import convert

        return {"frames": len(convert([data], out, source=source).splits)}
    dataset = clip_batches(data, timesteps=TIMESTEPS, batch=BATCH, size=(HEIGHT, WIDTH), augment=Augmentation())
    for _ in feed(dataset[:40], threads=THREADS):
        pass
    return {"MiB": peak_memory(), "frames": data.frames}


if __name__ == "__main__":
    print(json.dumps(alone(*sys.argv[1:])))
