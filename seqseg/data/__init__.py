"""Videos with labels from disk or drawn, cut into clips and fed into training."""

from seqseg.data.left_out import LeftOut
from seqseg.data.opening import DATASETS, SPLITS, list_data, open_data
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID

__all__ = ["DATASETS", "SPLITS", "VOID", "LeftOut", "Video", "VideoSet", "list_data", "open_data"]
