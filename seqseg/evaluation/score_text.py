"""Scores for JSON and for the terminal; NaN is a score that there is not."""

import math


def number_or_none(value):
    """A float, or None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else float(value)


def percent(value):
    """In percent with one digit, five characters wide; a dash for NaN."""
    return "    –" if math.isnan(value) else f"{100 * value:5.1f}"


def facts_of_worst(worst):
    """`WorstFrame`s as plain data, without their predictions."""
    return [{"video": frame.video, "index": frame.index, "iou": frame.iou} for frame in worst]


def facts_of_videos(videos):
    """`VideoCounts` as plain data: what they are called, how long and how good they are."""
    return [
        {
            "name": video.name,
            "frames": video.frames,
            "miou": number_or_none(video.miou),
            "flicker": number_or_none(video.flicker_rate),
        }
        for video in videos
    ]


def bars_line(evaluation, columns):
    """A list of the line that tells the error bars of columns of (title, score, digits); empty without any."""
    known = {name: ends for name, ends in evaluation.intervals.items() if not math.isnan(ends.low)}
    bars = [
        f"{title} {100 * known[name].low:.{digits}f} to {100 * known[name].high:.{digits}f}"
        for title, name, digits in columns
        if name in known
    ]
    return [f"95 % bootstrap over {len(evaluation.videos)} videos: {'   '.join(bars)}"] if bars else []
