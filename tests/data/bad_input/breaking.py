"""How a file of a sound set is broken."""

import os

import numpy as np

from tests.data import sound_sets as sound
from tests.data.sound_sets import FRAMES, change_json


def cut(path):
    """Half of the file is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


def to_nothing(path):
    path.unlink()
    path.symlink_to("nowhere")


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def flip(path):
    """A byte in the middle has all its bits turned."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def lines(change):
    """Changes the lines of a text file."""

    def rewrite(path):
        found = path.read_text().splitlines()
        change(found)
        path.write_text("\n".join(found) + "\n")

    return rewrite


def put_line(number, text):
    return lines(lambda found: found.__setitem__(number, text))


def annotation(number, **changed):
    """Changes an annotation of COCO's json."""
    return lambda path: change_json(path, lambda held: held["annotations"][number].update(changed))


def one_more(**changed):
    """Adds an annotation, like the first but for its id and what is changed."""
    return lambda path: change_json(
        path, lambda held: held["annotations"].append(held["annotations"][0] | {"id": 99} | changed)
    )


def coco_image(number, **changed):
    return lambda path: change_json(path, lambda held: held["images"][number].update(changed))


def fewer_masks(path):
    sound.write_movie(path, [sound.label(index, (46, 62)) for index in range(FRAMES - 1)])


def lossy_masks(path):
    pictures = [40 * sound.label(index, (46, 62)) + (np.arange(62) % 7).astype(np.uint8) for index in range(FRAMES)]
    sound.write_movie(path, pictures, "yuv420p", "mpeg4")


def fewer_pages(path):
    import tifffile

    tifffile.imwrite(path, np.stack([sound.label(index) for index in range(FRAMES - 2)]), photometric="minisblack")


JSON = "annotations/instances_val2017.json"


VIS = "valid/instances.json"


def header(text):
    return put_line(0, text)
