"""Ids, boxes and trails of objects, drawn into a picture."""

from collections.abc import Collection

import cv2
import numpy as np

from streams.objects.sighting import Found, Sighting

FONT = cv2.FONT_HERSHEY_SIMPLEX
DARKEST = 96  # of a colour's brightest part: what is drawn stands out from dark pictures
Colour = tuple[int, int, int]


def draw_objects(image: np.ndarray, found: Found, palette: np.ndarray, shown: Collection[int]) -> None:
    """Draws into a picture (h, w, 3) uint8 the objects of the classes `shown`; palette: (classes, 3) uint8."""
    height = image.shape[0]
    line = max(1, round(height / 480))
    for one in found.sightings:
        if one.value in shown:
            _draw(image, one, _visible(palette[one.value]), line, float(np.clip(height / 1100, 0.3, 1.2)))


def _draw(image: np.ndarray, one: Sighting, colour: Colour, line: int, scale: float) -> None:
    x, y, width, height = one.region.box
    cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), colour, line)
    trail = np.rint(np.array(one.track.trail)).astype(np.int32)
    if len(trail) > 1:
        cv2.polylines(image, [trail[:, None]], False, colour, line, cv2.LINE_AA)
    text = str(one.id)
    (_, text_height), _ = cv2.getTextSize(text, FONT, scale, 1)
    place = x + line, max(y - line - 1, text_height + 1)
    cv2.putText(image, text, place, FONT, scale, (0, 0, 0), line + 2, cv2.LINE_AA)
    cv2.putText(image, text, place, FONT, scale, (255, 255, 255), line, cv2.LINE_AA)


def _visible(colour: np.ndarray) -> Colour:
    red, green, blue = (int(part) for part in colour)
    brightest = max(red, green, blue)
    if brightest >= DARKEST:
        return red, green, blue
    return (255, 255, 255) if not brightest else (red + DARKEST, green + DARKEST, blue + DARKEST)
