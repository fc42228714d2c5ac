"""The mean of the weights of models that were trained on from the same ones: mean.py OUT.keras FILE.keras FILE.keras…

It is flatter, and here better on drawn scenes, than each of them (Wortsman et al. 2022, model soups).
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

from seqseg.models import load_model, save_model  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("models", nargs="+", help=".keras files")
    args = parser.parse_args()
    models = [load_model(name) for name in args.models]
    weights = [np.mean(parts, axis=0) for parts in zip(*(model.get_weights() for model in models), strict=True)]
    models[0].set_weights(weights)
    save_model(models[0], args.out)


if __name__ == "__main__":
    main()
