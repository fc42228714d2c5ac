"""Score a quantised DeepLab (.tflite, 513x513, uint8) on VOC as a model is: quantised_deeplab.py FILE SPEC [--json]."""

import argparse
import json
from pathlib import Path

import numpy as np

from seqseg.data import open_data
from seqseg.errors import DataError
from seqseg.evaluation.evaluate import evaluate_deployed

SIDE, GREY = 513, 128  # grey is the zero of its input


class Deeplab:
    """Pictures of at most 513 x 513, with grey around them -> classes at their own size, nothing ever resized."""

    def __init__(self, path):
        from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert

        self._interpreter = Interpreter(path, num_threads=2)
        self._interpreter.allocate_tensors()
        self._input, self._output = (
            details[0]["index"]
            for details in (self._interpreter.get_input_details(), self._interpreter.get_output_details())
        )

    def step(self, image, state):
        """(image, None) -> (mask, None)."""
        height, width = image.shape[:2]
        if max(height, width) > SIDE:
            raise DataError(f"this DeepLab takes pictures up to {SIDE}x{SIDE}, got {height}x{width}")
        framed = np.full((1, SIDE, SIDE, 3), GREY, np.uint8)
        framed[0, :height, :width] = image
        self._interpreter.set_tensor(self._input, framed)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)[0, :height, :width].astype(np.uint8), state


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("spec", help="voc:PATH")
    parser.add_argument("--split", default="val")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    evaluation = evaluate_deployed(Deeplab(args.file).step, open_data(args.spec, split=args.split))
    print(evaluation.table())
    if args.json:
        args.json.write_text(json.dumps(evaluation.to_dict(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
