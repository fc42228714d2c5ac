"""Losses.

Every loss in `LOSSES` takes logits and labels (n, h, w) or (n, t, h, w), integers or one-hot; `SegmentationLoss`
describes what they share.
"""

from seqseg.layers.warp import warp
from seqseg.losses.binary_cross_entropy import BinaryCrossEntropy
from seqseg.losses.boundary import BoundaryCrossEntropy
from seqseg.losses.class_weights import CLASS_WEIGHTS, class_weights
from seqseg.losses.combined import BinaryCrossEntropyDice, CrossEntropyGeneralisedDice, CrossEntropyLovasz
from seqseg.losses.cross_entropy import CrossEntropy
from seqseg.losses.focal import BinaryFocal, Focal
from seqseg.losses.frames import FRAME_LOSSES, FrameLoss
from seqseg.losses.generalised_dice import GeneralisedDice
from seqseg.losses.hard_examples import HardExamples
from seqseg.losses.lovasz import LovaszSoftmax
from seqseg.losses.pixel_weights import pixel_weights
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.temporal import CrossEntropyConsistency, consistency_loss, warped_consistency
from seqseg.losses.tversky import Dice, FocalTversky, Jaccard, Tversky
from seqseg.renamed import renamed

LOSSES = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "dice": Dice,
    "generalised_dice": GeneralisedDice,
    "bce_dice": BinaryCrossEntropyDice,
    "ce_generalised_dice": CrossEntropyGeneralisedDice,
    "ce_lovasz": CrossEntropyLovasz,
    "focal": Focal,
    "binary_focal": BinaryFocal,
    "tversky": Tversky,
    "focal_tversky": FocalTversky,
    "jaccard": Jaccard,
    "lovasz_softmax": LovaszSoftmax,
    "boundary": BoundaryCrossEntropy,
    "hard_examples": HardExamples,
    "ce_consistency": CrossEntropyConsistency,
}
"""Losses by name, as `[training] loss` gives it."""

__all__ = [
    "CLASS_WEIGHTS",
    "FRAME_LOSSES",
    "LOSSES",
    "BinaryCrossEntropy",
    "BinaryCrossEntropyDice",
    "BinaryFocal",
    "BoundaryCrossEntropy",
    "CrossEntropy",
    "CrossEntropyConsistency",
    "CrossEntropyGeneralisedDice",
    "CrossEntropyLovasz",
    "Dice",
    "Focal",
    "FocalTversky",
    "FrameLoss",
    "GeneralisedDice",
    "HardExamples",
    "Jaccard",
    "LovaszSoftmax",
    "SegmentationLoss",
    "Tversky",
    "class_weights",
    "consistency_loss",
    "pixel_weights",
    "warp",
    "warped_consistency",
]

__getattr__ = renamed(__name__, {"temporal_consistency": ("consistency_loss", consistency_loss)})
