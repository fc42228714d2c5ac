"""Images and masks of two drawn videos, as files in folders."""

import imageio.v3 as imageio

from seqseg.data import open_data


def write_drawn_folders(folder):
    """folder/images and folder/masks with monday/ and tuesday/, ten frames of 40x56 each."""
    videos = open_data("shapes:videos=2,frames=10,size=40x56", split="train").videos
    for name, video in zip(("monday", "tuesday"), videos, strict=True):
        for kind, frames in (("images", video.frames), ("masks", video.masks)):
            (folder / kind / name).mkdir(parents=True)
            for number in range(len(video)):
                imageio.imwrite(folder / kind / name / f"{number:03d}.png", frames[number])
