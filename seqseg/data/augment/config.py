"""From the lines of `[augment]` to the augmentation of a set."""

import dataclasses
from collections.abc import Sequence

from seqseg.config import AugmentConfig
from seqseg.data.augment.augmentation import Augmentation
from seqseg.data.augment.faults import Faults
from seqseg.data.augment.time_warp import TimeWarp
from seqseg.data.statistics import label_counts
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.registry import suggestion


def make_augmentation(config: AugmentConfig, data: VideoSet) -> Augmentation | None:
    """The augmentation for clips of `data`; None if it is not enabled.

    Raises:
        ConfigError: a class to paste that is not in the data, or none.

    Example:
        >>> make_augmentation(AugmentConfig(paste_classes=["disc"], copy_paste=0.5), open_data("shapes")).paste_classes
        (1,)
    """
    if not config.enabled:
        return None
    options = {item.name: getattr(config, item.name) for item in dataclasses.fields(config)}
    del options["enabled"]
    options["paste_classes"] = _indices("augment.paste_classes", config.paste_classes, data.classes)
    time = TimeWarp(**{item.name: options.pop(item.name) for item in dataclasses.fields(TimeWarp)})
    faults = Faults(**{name: options.pop(name) for name in ("low_light", "sensor_noise", "frame_damage")})
    options |= {"faults": faults if faults.any else None, "time": time if time.options_on else None}
    # Counting reads every mask, so it is done only when needed.
    counts = tuple(label_counts(data).tolist()) if config.balanced_crop else None
    return Augmentation(**options, class_counts=counts)


def _indices(key: str, names: Sequence[str], classes: Sequence[str]) -> tuple[int, ...]:
    for name in names:
        if name not in classes:
            raise ConfigError(
                f"{key} names {name!r}, which the data does not have{suggestion(name, classes)}; "
                f"its classes are: {', '.join(classes)}"
            )
    return tuple(classes.index(name) for name in names)
