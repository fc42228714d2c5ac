"""Small sets in which every picture shows its label, so that a wrong one cannot hide: class 1 is where it is bright.

Frame i is 9x14, dark and bright in halves, which change sides from frame to frame.
"""

import json
import threading
from fractions import Fraction

import av
import cv2
import numpy as np
from scipy.io import savemat

from seqseg.data.clips.windows import read_window
from seqseg.data.selection.opening import SetOpener

HEIGHT, WIDTH, FRAMES, BRIGHT = 9, 14, 6, 120


def label(index, size=(HEIGHT, WIDTH)):
    """uint8 (h, w) of 0 and 1, class 1 left in odd frames and right in even ones."""
    mask = np.zeros(size, np.uint8)
    half = size[1] // 2
    mask[:, :half] = index % 2
    mask[:, half:] = 1 - index % 2
    return mask


def image(index, size=(HEIGHT, WIDTH)):
    """uint8 RGB (h, w, 3), bright where the label is 1."""
    return np.repeat((BRIGHT * label(index, size) + index)[..., None], 3, axis=2)


def write(path, picture):
    """One image file, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, picture)
    else:
        assert cv2.imwrite(str(path), picture)
    return path


def write_pairs(images, masks, name="{}", *, image_suffix=".png", mask_suffix=".png", values=(0, 1), mask_name=None):
    """FRAMES image files and their masks, `values` of the classes."""
    for index in range(FRAMES):
        write(images / (name.format(index) + image_suffix), image(index))
        mask = np.array(values)[label(index)].astype(np.uint16 if max(values) > 255 else np.uint8)
        write(masks / ((mask_name or name).format(index) + mask_suffix), mask)


def write_folders(root, **how):
    """One video of FRAMES frames -> "folders:ROOT"."""
    write_pairs(root / "images", root / "masks", **how)
    (root / "classes.txt").write_text("water\nice\n")
    return f"folders:{root}"


def write_list(root, *, header="image,mask,video,frame"):
    """The same named in a CSV file -> "list:FILE"."""
    write_pairs(root / "images", root / "masks")
    (root / "classes.txt").write_text("water\nice\n")
    lines = [f"images/{index}.png,masks/{index}.png,v,{index}" for index in range(FRAMES)]
    (root / "list.csv").write_text("\n".join([header, *lines]) + "\n")
    return f"list:{root}/list.csv"


def write_movie(path, pictures, pixel_format="gray", codec="ffv1"):
    """A movie of pictures (h, w) or (h, w, 3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = {"rgb24": "bgr0"}.get(pixel_format, pixel_format)
        for picture in pictures:
            kind = "gray" if picture.ndim == 2 else "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format=kind)))
        container.mux(stream.encode(None))
    return path


def write_movies(root):
    """Two movies with mask movies -> "movies:ROOT"."""
    (root / "classes.txt").write_text("water\nice\n")
    for name in ("a", "b"):
        write_movie(root / f"{name}.mkv", [image(index, (46, 62)) for index in range(FRAMES)], "rgb24")
        write_movie(root / f"{name}_mask.mkv", [label(index, (46, 62)) for index in range(FRAMES)])
    return f"movies:{root}"


def write_stacks(root):
    """Two TIFFs of FRAMES pages with TIFFs of masks -> "tiff:ROOT"."""
    import tifffile

    (root / "classes.txt").write_text("water\nice\n")
    for name in ("a", "b"):
        tifffile.imwrite(
            root / f"{name}.tif", np.stack([image(index)[..., 0] for index in range(FRAMES)]), photometric="minisblack"
        )
        tifffile.imwrite(
            root / f"{name}_mask.tif", np.stack([label(index) for index in range(FRAMES)]), photometric="minisblack"
        )
    return f"tiff:{root}"


def write_coco(root):
    """FRAMES images in COCO's json, by polygons and by run lengths in turns -> "coco:ROOT"."""
    images, annotations = [], []
    for index in range(FRAMES):
        write(root / "val2017" / f"{index}.png", image(index))
        images.append({"id": index, "file_name": f"{index}.png", "height": HEIGHT, "width": WIDTH})
        left = 0 if index % 2 else WIDTH // 2
        right = left + WIDTH // 2
        shape = [[left, 0, right, 0, right, HEIGHT, left, HEIGHT]]
        if index % 3 == 0:
            runs = [HEIGHT * left, HEIGHT * (right - left), HEIGHT * (WIDTH - right)]
            shape = {"size": [HEIGHT, WIDTH], "counts": runs if runs[-1] else runs[:2]}
        annotations.append({"id": index + 1, "image_id": index, "category_id": 7, "iscrowd": 0, "segmentation": shape})
    held = {"images": images, "annotations": annotations, "categories": [{"id": 7, "name": "ice"}]}
    write_json(root / "annotations" / "instances_val2017.json", held)
    return f"coco:{root}"


def write_voc(root):
    """FRAMES images in VOC's layout, the first of them train -> "voc:ROOT"."""
    write_pairs(root / "JPEGImages", root / "SegmentationClass", "{}", image_suffix=".jpg")
    _write_lists(root / "ImageSets" / "Segmentation")
    return f"voc:{root}"


def write_sbd(root):
    """FRAMES images in SBD's layout, the first of them train -> "sbd:ROOT"."""
    for index in range(FRAMES):
        write(root / "img" / f"{index}.jpg", image(index))
        (root / "cls").mkdir(exist_ok=True)
        held = {"GTcls": {"Boundaries": [], "Segmentation": label(index), "CategoriesPresent": [1]}}
        savemat(root / "cls" / f"{index}.mat", held)
    _write_lists(root)
    return f"sbd:{root}"


def write_camvid(root):
    """FRAMES frames in SegNet's layout -> "camvid:ROOT"."""
    write_pairs(root / "val", root / "valannot", "0016E5_{:05d}")
    return f"camvid:{root}"


def write_cdnet(root):
    """A scene -> "cdnet:ROOT"."""
    write_pairs(root / "input", root / "groundtruth", "in{:06d}", mask_name="gt{:06d}", values=(0, 255))
    (root / "temporalROI.txt").write_text(f"1 {FRAMES}")
    return f"cdnet:{root}"


def write_davis(root):
    """Two sequences of DAVIS 2017 -> "davis:ROOT"."""
    for name in ("bear", "cow"):
        write_pairs(root / "JPEGImages/480p" / name, root / "Annotations/480p" / name, "{:05d}")
    (root / "ImageSets/2017").mkdir(parents=True)
    (root / "ImageSets/2017/val.txt").write_text("bear\ncow\n")
    return f"davis:{root}"


def write_cityscapes(root):
    """FRAMES frames of a city, whose road is dark and whose sidewalk is bright -> "cityscapes:ROOT"."""
    write_pairs(
        root / "leftImg8bit/val/aachen", root / "gtFine/val/aachen", "aachen_000000_{:06d}_leftImg8bit",
        mask_name="aachen_000000_{:06d}_gtFine_labelIds", values=(7, 8),
    )  # fmt: skip
    return f"cityscapes:{root}"


def write_mapillary(root):
    """FRAMES validation images -> "mapillary:ROOT"."""
    write_pairs(root / "validation/images", root / "validation/labels", "{}")
    labels = [{"readable": name, "evaluate": True, "color": [9 * number, 0, 0]} for number, name in enumerate("ab")]
    write_json(root / "config.json", {"labels": labels})
    return f"mapillary:{root}"


def write_cells(root):
    """A sequence of the Cell Tracking Challenge -> "ctc:ROOT"."""
    write_pairs(
        root / "01", root / "01_GT/SEG", "t{:03d}", image_suffix=".tif", mask_suffix=".tif", mask_name="man_seg{:03d}"
    )
    return f"ctc:{root}"


def write_youtube_vis(root):
    """Two videos in YouTube-VIS' layout -> "youtube_vis:ROOT"."""
    videos, annotations = [], []
    for number, name in enumerate("ab"):
        files = [f"{name}/{index:05d}.png" for index in range(FRAMES)]
        runs = []
        for index, file in enumerate(files):
            write(root / "valid/JPEGImages" / file, image(index))
            counts = [0, HEIGHT * 7, HEIGHT * 7] if index % 2 else [HEIGHT * 7, HEIGHT * 7]
            runs.append({"size": [HEIGHT, WIDTH], "counts": counts})
        videos.append({"id": number, "height": HEIGHT, "width": WIDTH, "length": FRAMES, "file_names": files})
        annotations.append({"id": number, "video_id": number, "category_id": 4, "segmentations": runs, "iscrowd": 0})
    held = {"videos": videos, "annotations": annotations, "categories": [{"id": 4, "name": "ice"}]}
    write_json(root / "valid/instances.json", held)
    return f"youtube_vis:{root}"


def write_records(root):
    """The folders packed into three shards -> "records:ROOT"."""
    from seqseg.data import open_data
    from seqseg.data.records.convert import convert
    from seqseg.data.records.encoding import Recipe

    plain = root.parent / f"{root.name}-plain"
    for name in "abc":
        write_pairs(plain / "images" / name, plain / "masks" / name)
    (plain / "classes.txt").write_text("water\nice\n")
    data = open_data(f"folders:{plain}", split="all")
    convert([data], root, source="made", recipe=Recipe(image="png", shards=3))
    return f"records:{root}"


def write_json(path, held):
    """A json file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(held))


def change_json(path, change):
    """Load, let `change` alter what is held, write."""
    held = json.loads(path.read_text())
    change(held)
    path.write_text(json.dumps(held))
    return path


def read_all(source):
    """Every frame and label of the set, as training without `--skip-bad` reads them."""
    data = SetOpener(skip=False).open(source, split="all")
    for video in data.videos:
        for index in range(len(video)):
            read_window(video, index, 1, planes=data.planes)
    return data


def without_broken(source):
    """(set, what was left out) with `--skip-bad`."""
    opener = SetOpener(skip=True)
    return opener.open(source, split="all"), opener.items


def require_right(data):
    """Every label that is there says what its picture shows; gives the numbers of frames and of labels."""
    frames = labels = 0
    for video in data.videos:
        for index in range(len(video)):
            frame, mask = video.pair(index)
            frames += 1
            if mask is not None and (mask != data.void).any():
                labels += 1
                wrong = (mask != (frame[..., 0] > BRIGHT / 2)) & (mask != data.void)
                assert not wrong.any(), f"{video.describe(index)} is labelled wrongly"
    return frames, labels


def in_time(function, *arguments, seconds=30):
    """What the function gives or raises; a failure when it hangs."""
    outcome = []

    def call():
        try:
            outcome.append((function(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    assert outcome, f"{function.__name__} hangs"
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def _write_lists(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.txt").write_text("0\n")
    (folder / "val.txt").write_text("".join(f"{index}\n" for index in range(1, FRAMES)))
