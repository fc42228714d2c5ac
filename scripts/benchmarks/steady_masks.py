"""What averaging along the motion is worth to a trained image model: as deployed, without training.

    steady_masks.py MODEL SPEC [--split val] [--noise clean 20 14] [--smooth 0.6] [--json FILE]

Every way runs over the same frames, to which noise of a fixed seed is added: so many dB below the range of the values.
Results that are in FILE already are not measured again.
`changes` is the share of pixels whose label differs from that of the frame before; `against motion` differs from the
label of the frame before, moved along the flow of the frames without noise; `mIoU` needs the classes of the model.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from seqseg.data import open_data
from seqseg.data.flow import flow_back
from seqseg.inference import Predictor
from seqseg.metrics import confusion_matrix, iou_from_confusion, mean_present, warp_labels
from seqseg.models import load_model

SEED = 7


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("spec")
    parser.add_argument("--split", default="val")
    parser.add_argument("--noise", nargs="+", default=["clean", "20", "14"], metavar="DB")
    parser.add_argument("--smooth", type=float, default=0.6)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--size", type=int, nargs=2, help="of the network's input; as trained unless given")
    parser.add_argument("--frames", type=int, default=10**9, help="of each video, at most")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    model, data = load_model(args.model), open_data(args.spec, split=args.split)
    report = {"spec": args.spec.partition(":")[0], "split": args.split, "seed": SEED, "rows": []}
    if args.json and args.json.is_file():
        report = json.loads(args.json.read_text(encoding="utf-8"))
    flows = [_flows(video, min(len(video), args.frames)) for video in data.videos]
    for noise in args.noise:
        for way in args.ways:
            size = tuple(args.size) if args.size else "trained" if model.card.trained else None
            predictor = Predictor(model, size=size, exclusive=True, always=True, **WAYS[way](args.smooth))
            row = {"noise": noise, "way": way} | ({"factor": args.smooth} if "smooth" in way else {})
            if any(row.items() <= done.items() for done in report["rows"]):
                continue
            row |= _score(predictor, data, flows, noise, args.frames)
            report["rows"].append(row)
            print(" ".join(f"{name} {value}" for name, value in row.items()), flush=True)
            if args.json:
                args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


WAYS = {
    "frame by frame": lambda smooth: {},
    "smooth": lambda smooth: {"smooth": smooth},
    "smooth along motion": lambda smooth: {"smooth": smooth, "along_motion": True},
    "denoise": lambda smooth: {"denoise": True},
    "denoise and smooth along motion": lambda smooth: {"smooth": smooth, "along_motion": True, "denoise": True},
}


def _flows(video, frames):
    """From each frame but the first to the one before it."""
    return [flow_back(video.frame(index), video.frame(index - 1)) for index in range(1, frames)]


def _score(predictor, data, flows, noise, most):
    classes = len(data.classes)
    known = tuple(predictor.model.card.classes) == tuple(data.classes)
    confusion, changed, against = np.zeros((classes, classes), "int64"), [], []
    for number, video in enumerate(data.videos):
        state = before = None
        for index in range(min(len(video), most)):
            image, labels = video.pair(index)
            image = noisy(image, noise, (SEED, number, index))
            mask, state = predictor.step(image, state)
            if known and labels is not None:
                confusion += confusion_matrix(labels, mask, classes, void=data.void)
            if before is not None:
                changed.append((mask != before).mean())
                moved = warp_labels(before, flows[number][index - 1])
                against.append((moved != mask)[moved != data.void].mean())
            before = mask.copy()
    scores = {"mIoU": round(100 * float(mean_present(iou_from_confusion(confusion))), 2)} if known else {}
    return scores | {
        "changes %": round(100 * float(np.mean(changed)), 2),
        "against motion %": round(100 * float(np.mean(against)), 2),
    }


def noisy(image, decibels, seed):
    """A picture with white noise of so many dB PSNR, or "clean"."""
    if decibels == "clean":
        return image
    noise = np.random.default_rng(seed).normal(0, 255 * 10 ** (-float(decibels) / 20), image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
