"""How well the labels of the previous frame predict those of a frame: an upper bound for a memory.

    worth_of_the_past.py SPEC [--split val] [--apart 1]

The labels of the previous frame are scored as a prediction, unchanged and moved along optical flow.
"""

import argparse

import numpy as np

from seqseg.data import open_data
from seqseg.data.flow import flow_back
from seqseg.metrics import confusion_matrix, iou_from_confusion, mean_present, warp_labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("--split", default="val")
    parser.add_argument("--apart", type=int, default=1, help="frames between the two (1)")
    parser.add_argument("--pairs", type=int, default=60, help="at most so many of each video (60)")
    args = parser.parse_args()
    data = open_data(args.spec, split=args.split)
    classes = len(data.classes)
    still, moved = np.zeros((2, classes, classes), "int64")
    for before, now in _pairs(data, args.apart, args.pairs):
        (earlier, labels_before), (image, labels) = before, now
        still += _scored(labels, labels_before, classes, data.void)
        moved += _scored(labels, warp_labels(labels_before, flow_back(image, earlier)), classes, data.void)
    as_it_is, along = (100 * mean_present(iou_from_confusion(confusion)) for confusion in (still, moved))
    print(f"{args.spec} {args.split}: labels of the frame before, as they are {as_it_is:.1f} mIoU, moved {along:.1f}")


def _pairs(data, apart, most):
    for video in data.videos:
        labelled = set(video.labelled)
        for index in range(apart, len(video), max(1, len(video) // most)):
            if index in labelled and index - apart in labelled:
                yield video.pair(index - apart), video.pair(index)


def _scored(labels, prediction, classes, void):
    """A confusion matrix over the pixels labelled in both."""
    labels = np.where(prediction == void, void, labels)
    return confusion_matrix(labels, np.where(prediction == void, 0, prediction), classes, void=void)


if __name__ == "__main__":
    main()
