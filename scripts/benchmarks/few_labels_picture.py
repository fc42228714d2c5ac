"""The picture of learning from few labels: a panel a set, a curve a method over the share, bars over the draws."""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

STYLES = {
    "supervised": ("#555555", "-"),
    "consistency": ("#8fb3d9", "-"),
    "mean_teacher": ("#e8804d", "-"),
    "next_frame": ("#6aa84f", "-"),
    "ladder_supervised": ("#b89cd0", ":"),
    "ladder": ("#7a4fa3", "-"),
}


def draw_picture(rows, path: Path):
    """Write the picture of rows with "set", "share", "method", "draw" and "miou"."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    if not sets:
        return
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 8}):
        figure, axes = plt.subplots(1, len(sets), figsize=(4.6 * len(sets), 3.4), squeeze=False)
        for panel, name in zip(axes[0], sets, strict=True):
            _panel(panel, [row for row in rows if row["set"] == name], name)
        axes[0][0].set_ylabel("mIoU %, validation")
        axes[0][-1].legend(frameon=False, fontsize=7, loc="lower right")
        figure.tight_layout()
        figure.savefig(path, dpi=130)
        plt.close(figure)


def _panel(panel, rows, name):
    shares = sorted({row["share"] for row in rows}, key=lambda share: float(share.rstrip("%")))
    methods = [method for method in STYLES if any(row["method"] == method for row in rows)]
    for place, method in enumerate(methods):
        scores = [
            [100 * row["miou"] for row in rows if row["method"] == method and row["share"] == share] for share in shares
        ]
        at = [index + 0.05 * (place - len(methods) / 2) for index, some in enumerate(scores) if some]
        means = [np.mean(some) for some in scores if some]
        spreads = [np.std(some, ddof=1) if len(some) > 1 else 0 for some in scores if some]
        colour, line = STYLES[method]
        panel.errorbar(
            at, means, spreads, color=colour, linestyle=line, marker="o", markersize=3, capsize=2, label=method
        )
    draws = len({row["draw"] for row in rows})
    panel.set_xticks(range(len(shares)), shares)
    panel.set_title(f"{name}, up to {draws} draw{'s' * (draws > 1)}", fontsize=9, loc="left")
    panel.set_xlabel("of the training frames keep their labels")
    panel.grid(axis="y", color="#e6e6e6")
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
