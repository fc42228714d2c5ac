"""An inspection as one HTML page with pictures: no scripts, no external files, light and dark."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from seqseg.data.clips.placing import scale_mask
from seqseg.data.every_frame import sample_places
from seqseg.data.files.png import encode_png
from seqseg.data.inspection.contact_sheet import colour_labels
from seqseg.data.labels.planes import striped, unpack_planes
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.files import replacing
from streams.errors import SourceError

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#5b6474;--ground:#f6f7f9;--card:#fff;--line:#dfe3ea;--bar:#3867d6;
--bad:#b3261e;--badground:#fdecea}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa4b5;--ground:#12151b;--card:#1b2029;--line:#2d3543;
--bar:#7aa2ff;--bad:#ff8a80;--badground:#3a1d1c}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}h1{font-size:22px;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 12px}.soft{color:var(--soft)}section{background:var(--card);border:1px solid var(--line);
border-radius:10px;padding:18px 20px;margin-top:16px}.bad{border-color:var(--bad);background:var(--badground)}
.bad h2{color:var(--bad)}table{border-collapse:collapse;width:100%}th{color:var(--soft);font-weight:500;text-align:left}
td,th{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:middle}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}tr:last-child td{border-bottom:0}.wide{overflow-x:auto}
img{max-width:100%;border-radius:6px;display:block}.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:8px;
border:1px solid var(--line);vertical-align:-1px}ul{margin:0;padding-left:18px}li{overflow-wrap:anywhere;margin:3px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:14px}figure{margin:0}
figcaption{font-size:13px;color:var(--soft);overflow-wrap:anywhere;margin-top:4px}.pair{display:flex;gap:4px}
.pair img{width:50%;min-width:0}.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:24px}
.shares{display:block;width:110px}.share{display:block;height:8px;border-radius:4px;background:var(--bar);min-width:1px}svg{display:block;width:100%;height:90px}
svg rect{fill:var(--bar)}svg text{fill:var(--soft);font-size:11px}
.facts{display:flex;flex-wrap:wrap;gap:8px 28px;margin-top:12px}.facts b{display:block;font-size:20px;font-weight:600}
"""


def inspection_page(
    data: VideoSet, facts: Mapping[str, Any], *, extra: str = "", others: Sequence[VideoSet] = ()
) -> str:
    """The page of `facts`, an `Inspection` as a dict with its `class_weights`; `extra` is HTML before the notes.

    `others` are the other splits that were searched for duplicates.
    """
    sets = {one.split: one for one in (*others, data)}
    parts = [
        _head(facts), _list("Problems", facts["problems"], "bad"), _unknown_values(facts), _classes(data, facts),
        _sheet(data), _ranges(facts), _outliers(data, facts), _twice(sets, facts), _objects(facts), extra,
        _list("Notes", facts["notes"], ""),
    ]  # fmt: skip
    title = escape(f"{facts['name']} {facts['split']}")
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title} · seqseg inspect</title><style>{_STYLE}</style>"
        f"<main>{''.join(filter(None, parts))}</main></html>\n"
    )


def write_page(path: str | Path, page: str) -> None:
    """Write the page, creating its folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(page.encode(errors="backslashreplace"))


def picture(pixels: np.ndarray, text: str = "") -> str:
    """RGB uint8 (h, w, 3) as an element with the picture's bytes inside."""
    encoded = encode_png(pixels)
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()
    kind, held = ("png", encoded) if len(encoded) < len(jpeg) else ("jpeg", jpeg)
    return f'<img alt="{escape(text)}" src="data:image/{kind};base64,{base64.b64encode(held).decode()}">'


def draw_influence(influence: np.ndarray, *, frames: int = 6, width: int = 200) -> np.ndarray:
    """Influence (t, h, w) of the last frames -> uint8 RGB (h, w, 3), brighter for more, the frames in a row."""
    shown = ((influence / influence.max()) ** 0.25).astype(np.float32)[-frames:]  # so that weak influence is visible
    size = width, max(1, round(influence.shape[1] * width / influence.shape[2]))
    tiles = [cv2.applyColorMap((255 * cv2.resize(one, size)).clip(0, 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
             for one in shown]  # fmt: skip
    return np.ascontiguousarray(np.hstack(tiles)[..., ::-1])


def _head(facts: Mapping[str, Any]) -> str:
    sizes = list(facts["sizes"])
    shown = {
        "videos": len(facts["videos"]), "frames": f"{facts['frames']:,}", "labelled": f"{facts['labelled']:,}",
        "classes": len(facts["classes"]), "size": sizes[0] if len(sizes) == 1 else f"{len(sizes)} sizes",
        "problems": len(facts["problems"]) or "none",
    }  # fmt: skip
    if facts.get("sample"):
        shown["looked at"] = f"{facts['sample']:,}"
    cells = "".join(
        f"<div><b>{escape(str(value))}</b><span class=soft>{name}</span></div>" for name, value in shown.items()
    )
    return f"<h1>{escape(facts['name'])}</h1><div class=soft>split {facts['split']}</div><div class=facts>{cells}</div>"


def _list(title: str, lines: Sequence[str], kind: str, most: int = 100) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines[:most])
    more = f"<p class=soft>… and {len(lines) - most} more; --json lists all</p>" if len(lines) > most else ""
    return f'<section class="{kind}"><h2>{title}</h2><ul>{items}</ul>{more}</section>'


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if place in numbers else ''}>{cell}</{tag}>" for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<div class=wide><table><tr>{cells(header, 'th')}</tr>{body}</table></div>"


def _unknown_values(facts: Mapping[str, Any]) -> str:
    if not facts["unknown_values"]:
        return ""
    rows = [
        (escape(one["value"]), f"{one['pixels']:,}", f"{one['masks']:,}", escape(str(one["first"])))
        for one in facts["unknown_values"][:50]
    ]
    table = _table(("value", "pixels", "masks", "first in"), rows, (1, 2))
    return f"<section class=bad><h2>Values outside the classes</h2>{table}</section>"


def _classes(data: VideoSet, facts: Mapping[str, Any]) -> str:
    total = facts["pixels"] or 1
    weights = facts.get("class_weights", {})
    rows = []
    for number, (name, count) in enumerate(zip(facts["classes"], facts["counts"], strict=True)):
        colour = "#" + "".join(f"{int(value):02x}" for value in data.palette[number])
        share = 100 * count / total
        rows.append(
            (
                f"<span class=swatch style='background:{colour}'></span>{escape(name)}", f"{count:,}", f"{share:.2f} %",
                f"<span class=shares><span class=share style='width:{min(100.0, share):.2f}%'></span></span>",
                f"{facts['class_frames'][number]:,}", f"{facts['class_videos'][number]:,}",
                *(f"{values[number]:.2f}" for values in weights.values()),
            )
        )  # fmt: skip
    header = ("class", "pixels", "share", "", "frames", "videos", *(kind.replace("_", " ") for kind in weights))
    table = _table(header, rows, (1, 2, *range(4, len(header))))
    note = (
        f"<p class=soft>{facts['void']:,} pixels are void; the last columns are what training.class_weights gives</p>"
    )
    return f"<section><h2>Classes</h2>{table}{note}</section>"


def _sheet(data: VideoSet, count: int = 9) -> str:
    """Frames beside their labels; unreadable ones are left out."""
    tiles = []
    for place in sample_places(data.videos, count):
        shown = _thumbnail(data, place.video, place.index)
        if shown:
            tiles.append(_figure([shown], f"{data.videos[place.video].name}, frame {place.index}"))
    return f"<section><h2>Frames from all over the set</h2><div class=tiles>{''.join(tiles)}</div></section>"


def _ranges(facts: Mapping[str, Any]) -> str:
    columns = []
    for name in ("brightness", "contrast"):
        found = facts[name]
        if found["histogram"]:
            span = f"{found['lowest']} to {found['highest']}, median {found['median']}"
            columns.append(
                f"<div><h2>{name.title()} of frames</h2>{_bars(found['histogram'])}<p class=soft>{span}</p></div>"
            )
    motion, labels = facts["motion"], facts["labels"]
    lines = []
    if motion:
        lines.append(f"motion: median {motion['median']}, highest {motion['highest']} {motion['unit']}")
        lines.append(f"{motion['still']:,} of {motion['pairs']:,} frames are the same as the one before")
    lines.append(
        f"the longest stretch without a label is {labels['longest_gap']:,} frames" if labels["longest_gap"] else ""
    )
    lines.append(f"{labels['videos_without']} videos have no label" if labels["videos_without"] else "")
    lines += [f"{number:,} frames of {size}" for size, number in list(facts["sizes"].items())[:6]]
    items = "".join(f"<li>{line}</li>" for line in lines if line)
    columns.append(f"<div><h2>Time and size</h2><ul>{items}</ul></div>")
    return f"<section><div class=two>{''.join(columns)}</div></section>"


def _bars(histogram: Sequence[int], labels: tuple[str, str] = ("0", "255")) -> str:
    highest, width = max(histogram) or 1, 320 / len(histogram)
    bars = "".join(
        f"<rect x='{place * width + 0.5:.1f}' y='{72 - 70 * count / highest:.1f}' width='{width - 1:.1f}' "
        f"height='{70 * count / highest:.1f}' rx='1'><title>{count:,}</title></rect>"
        for place, count in enumerate(histogram)
    )
    ends = f"<text x='0' y='87'>{labels[0]}</text><text x='320' y='87' text-anchor='end'>{labels[1]}</text>"
    return f"<svg viewBox='0 0 320 90' preserveAspectRatio='none' role=img>{bars}{ends}</svg>"


def _outliers(data: VideoSet, facts: Mapping[str, Any]) -> str:
    figures = []
    for what, places in (
        ("brightness", facts["brightness"]["outliers"]), ("contrast", facts["contrast"]["outliers"]),
        ("jump of", facts["motion"].get("jumps", [])),
    ):  # fmt: skip
        figures += [
            _figure([_thumbnail(data, one["video"], one["frame"])], f"{what} {one['value']}: {one['where']}")
            for one in places
        ]
    return (
        f"<section><h2>Frames that stand out</h2><div class=tiles>{''.join(figures)}</div></section>" if figures else ""
    )


def _twice(sets: Mapping[str, VideoSet], facts: Mapping[str, Any], most: int = 24) -> str:
    figures = []
    for found in facts["twice"][:most]:
        pictures = [_named_thumbnail(sets, seen) for seen in (found["one"], found["other"])]
        names = " and ".join(
            f"{seen['split']}/{seen['video']} {seen['frame']}" for seen in (found["one"], found["other"])
        )
        how = "the same" if found["kind"] == "exact" else f"{found['distance']} of 64 bits apart"
        leak = "LEAK, " if found["leaks"] else ""
        figures.append(_figure(pictures, f"{leak}{how}: {names}; {found['pairs']} such pairs"))
    if not figures:
        return ""
    kind = "bad" if any(found["leaks"] for found in facts["twice"]) else ""
    tiles = "".join(figures)
    return f'<section class="{kind}"><h2>Pictures that occur twice</h2><div class=tiles>{tiles}</div></section>'


def _objects(facts: Mapping[str, Any]) -> str:
    rows = []
    for name, sizes in zip(facts["classes"], facts["object_sizes"], strict=True):
        if sum(sizes):
            used = max(place for place, count in enumerate(sizes) if count) + 1
            middle = int(np.searchsorted(np.cumsum(sizes), sum(sizes) / 2))
            rows.append((escape(name), f"{sum(sizes):,}", f"1/{2 ** (middle + 1):,}", f"1/{2**used:,}"))
    if not rows:
        return ""
    header = ("class", "objects", "median takes at least", "smallest takes at least, of the image")
    return f"<section><h2>Connected objects</h2>{_table(header, rows, (1, 2, 3))}</section>"


def _figure(pictures: Sequence[str], caption: str) -> str:
    return f"<figure><div class=pair>{''.join(pictures)}</div><figcaption>{escape(caption)}</figcaption></figure>"


def _named_thumbnail(sets: Mapping[str, VideoSet], seen: Mapping[str, Any]) -> str:
    data = sets.get(seen["split"])
    if data is None:
        return ""
    number = next((place for place, video in enumerate(data.videos) if video.name == seen["video"]), None)
    return "" if number is None else _thumbnail(data, number, seen["frame"], labels=False)


def _thumbnail(data: VideoSet, video: int, index: int, *, labels: bool = True, width: int = 200) -> str:
    """The frame with its label beside it; nothing if it cannot be read."""
    try:
        frame, mask = data.videos[video].pair(index)
    except (DataError, SourceError):
        return ""
    size = width, max(1, round(frame.shape[0] * width / frame.shape[1]))
    shown = picture(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), data.videos[video].name)
    if mask is None or not labels:
        return shown
    mask = scale_mask(mask, size[::-1])
    coloured = colour_labels(
        striped(unpack_planes(mask, len(data.classes))) if data.multi_label else mask, data.palette
    )
    return shown + picture(coloured, "labels")
