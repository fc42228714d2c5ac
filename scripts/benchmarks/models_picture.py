"""The picture of the table of models: a line a model, a panel a cost."""

import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

PANELS = (  # key, title, what a unit of it is in the row
    ("parameters", "parameters, millions", 1e6),
    ("gflops", "GFLOPs a frame", 1),
    ("memory_mb", "memory, MB", 1),
    ("milliseconds", "milliseconds a frame", 1),
)
IMAGE, RECURRENT, INK, RULE = "#8fb3d9", "#e8804d", "#222222", "#e6e6e6"
LINE = 0.235  # inches


def draw(rows, path):
    """Write the picture of `rows`, which are `seqseg.inference.cost.stopwatch.measure`'s, fastest first."""
    rows = sorted(
        (row for row in rows if row["milliseconds"] is not None), key=lambda row: row["milliseconds"], reverse=True
    )
    height = LINE * len(rows) + 1.15
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 8, "text.color": INK}):
        figure, axes = plt.subplots(1, len(PANELS), figsize=(10, height), sharey=True)
        for panel, (key, title, unit) in zip(axes, PANELS, strict=True):
            _panel(panel, rows, [(row[key] or 0) / unit for row in rows], title)
        axes[0].set_yticks(range(len(rows)), [row["name"] for row in rows], family="DejaVu Sans Mono")
        margin = 0.02 + 0.0078 * max(len(row["name"]) for row in rows)
        figure.subplots_adjust(left=margin, right=0.985, top=1 - 0.62 / height, bottom=0.36 / height, wspace=0.06)
        _words(figure, rows, height)
        figure.savefig(path, dpi=130)
        plt.close(figure)


def _panel(panel, rows, values, title):
    """Bars on a scale of powers of ten, each with its number at its end."""
    least = 10 ** math.floor(math.log10(min(value for value in values if value > 0)))
    most = max(values)
    colours = [RECURRENT if row["state_mb"] else IMAGE for row in rows]
    panel.barh(range(len(rows)), values, color=colours, height=0.72, left=0)
    panel.set_xscale("log")
    panel.set_xlim(least / 1.5, most * (most / least) ** 0.28)  # room for the numbers
    panel.set_ylim(-0.6, len(rows) - 0.4)
    for place, value in enumerate(values):
        panel.annotate(_figure(value), (value, place), (3, 0), textcoords="offset points", va="center", fontsize=7)
    panel.set_title(title, fontsize=9, loc="left")
    panel.tick_params(axis="both", length=0)
    panel.tick_params(axis="x", labelbottom=False, which="both", length=0)
    for side in ("top", "right", "bottom", "left"):
        panel.spines[side].set_visible(False)
    panel.axvline(least / 1.5, color=RULE, linewidth=1)


def _figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _words(figure, rows, height):
    classes, size = rows[0]["classes"], rows[0]["size"]
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    figure.text(0.015, 1 - 0.2 / height, "■", color=RECURRENT, fontsize=11, va="center")
    figure.text(0.033, 1 - 0.2 / height, "carries a state from frame to frame", va="center")
    figure.text(0.235, 1 - 0.2 / height, "■", color=IMAGE, fontsize=11, va="center")
    figure.text(0.253, 1 - 0.2 / height, "sees each frame alone", va="center")
    figure.text(
        0.015,
        0.15 / height,
        f"frames of {size[0]}x{size[1]} one at a time, {classes} classes; bars on a logarithmic scale; {machines}",
        va="center",
        fontsize=7,
    )
