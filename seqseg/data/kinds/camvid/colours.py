"""The 32 colours of CamVid's masks (Brostow et al. 2008, label_colors.txt) and their groups of 11 classes."""

from pathlib import Path

from seqseg.data.limits import is_whole, refuse_classes
from seqseg.errors import DataError

COLOURS = {
    "Animal": (64, 128, 64), "Archway": (192, 0, 128), "Bicyclist": (0, 128, 192), "Bridge": (0, 128, 64),
    "Building": (128, 0, 0), "Car": (64, 0, 128), "CartLuggagePram": (64, 0, 192), "Child": (192, 128, 64),
    "Column_Pole": (192, 192, 128), "Fence": (64, 64, 128), "LaneMkgsDriv": (128, 0, 192),
    "LaneMkgsNonDriv": (192, 0, 64), "Misc_Text": (128, 128, 64), "MotorcycleScooter": (192, 0, 192),
    "OtherMoving": (128, 64, 64), "ParkingBlock": (64, 192, 128), "Pedestrian": (64, 64, 0), "Road": (128, 64, 128),
    "RoadShoulder": (128, 128, 192), "Sidewalk": (0, 0, 192), "SignSymbol": (192, 128, 128), "Sky": (128, 128, 128),
    "SUVPickupTruck": (64, 128, 192), "TrafficCone": (0, 0, 64), "TrafficLight": (0, 64, 64), "Train": (192, 64, 128),
    "Tree": (128, 128, 0), "Truck_Bus": (192, 128, 192), "Tunnel": (64, 0, 64), "VegetationMisc": (192, 192, 0),
    "Void": (0, 0, 0), "Wall": (64, 192, 0),
}  # fmt: skip
GROUPS = {
    "sky": ("Sky",),
    "building": ("Archway", "Bridge", "Building", "Tunnel", "Wall"),
    "pole": ("Column_Pole", "TrafficCone"),
    "road": ("LaneMkgsDriv", "LaneMkgsNonDriv", "Road"),
    "pavement": ("ParkingBlock", "RoadShoulder", "Sidewalk"),
    "tree": ("Tree", "VegetationMisc"),
    "sign": ("Misc_Text", "SignSymbol", "TrafficLight"),
    "fence": ("Fence",),
    "car": ("Car", "OtherMoving", "SUVPickupTruck", "Train", "Truck_Bus"),
    "pedestrian": ("Animal", "CartLuggagePram", "Child", "Pedestrian"),
    "bicyclist": ("Bicyclist", "MotorcycleScooter"),
}


def read_colours(file: Path) -> dict[str, tuple[int, int, int]]:
    """The colours in a label_colors.txt, by name, in its order.

    Raises:
        DataError: a line that is not three numbers and a name.
    """
    colours = {}
    for line in file.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) < 4 or not all(is_whole(word) and 0 <= int(word) < 256 for word in words[:3]):
            raise DataError(f"invalid line {line!r} in {file}; a line is red green blue name")
        red, green, blue = map(int, words[:3])
        colours[" ".join(words[3:])] = (red, green, blue)
    if len(colours) < 2:
        raise DataError(f"{file} names no two classes; copy it from the download again")
    refuse_classes(len(colours), str(file))
    return colours
