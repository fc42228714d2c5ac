import csv
from fractions import Fraction

import numpy as np

from streams import ArraySource, Background, Follower, FollowingSink, MemorySink, ObjectsSink, Overlay, Sinks, run

NAMES = ["ground", "car", "lorry"]


def masks():
    """Ten odd-sized masks: a car that drives through, a lorry that stands from the 4th to the 6th."""
    for number in range(10):
        mask = np.zeros((41, 67), np.uint8)
        mask[10:20, 5 * number : 5 * number + 10] = 1
        if 3 <= number < 6:
            mask[25:35, 20:40] = 2
        yield mask


def run_over(sink, *, follower=None):
    """Ten frames of a step that knows the masks already."""
    given = iter(masks())
    images = np.zeros((10, 41, 67, 3), np.uint8)
    follower = follower or Follower((1, 2), keep=2, confirm=1)
    following = FollowingSink(sink, follower)
    run(ArraySource(images, fps=Fraction(30000, 1001)), lambda image, state: (next(given), state), following)
    return following


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_sighting_and_every_object_is_a_line(tmp_path):
    run_over(ObjectsSink(tmp_path / "objects.csv", NAMES))
    seen, objects = rows(tmp_path / "objects.csv"), rows(tmp_path / "objects.tracks.csv")
    assert [row["class"] for row in seen].count("car") == 10 and len(seen) == 13
    third = seen[2]
    assert (third["frame"], third["pts"], third["id"], third["area"]) == ("2", "1001/15000", "1", "100")
    assert (third["x"], third["y"], third["left"], third["width"]) == ("14.50", "14.50", "10", "10")
    assert float(third["speed"]) == round(5 * 30000 / 1001, 2)
    assert (third["first_seen"], third["last_seen"], third["frames"]) == ("0.000000000", "0.033366667", "3")
    lorry, car = objects
    assert (lorry["id"], lorry["class"], lorry["frames"], lorry["end"]) == ("2", "lorry", "3", "lost")
    assert (car["id"], car["path"], car["end"], car["mean_area"]) == ("1", "45.0", "end", "100.0")


def test_it_works_behind_threads_and_beside_other_sinks(tmp_path):
    memory = MemorySink()
    following = run_over(Sinks([Background(ObjectsSink(tmp_path / "o.csv", NAMES)), memory]))
    assert len(rows(tmp_path / "o.csv")) == 13 and following.totals == {1: 1, 2: 1}
    assert [len(frame.found.sightings) for frame in memory.frames] == [1, 1, 1, 2, 2, 2, 1, 1, 1, 1]
    assert following.meter.report(memory=False)["stages_ms"]["objects"]["count"] == 10


def test_a_crowd_is_a_warning():
    mask = np.zeros((100, 100), np.uint8)
    mask[::2, ::2] = 1
    following = FollowingSink(MemorySink(), Follower((1,), least=1))
    run(ArraySource(np.zeros((1, 100, 100, 3), np.uint8)), lambda image, state: (mask, state), following)
    assert following.warnings == [
        "there were more than 500 regions on a frame; the largest 500 were followed as objects"
    ]


def test_boxes_and_ids_are_drawn_where_the_objects_are():
    memory = MemorySink()
    run_over(memory)
    frame, mask = memory.frames[5], memory.masks[5]
    overlay = Overlay([[0, 0, 0], [200, 0, 0], [0, 200, 0]], NAMES, alpha=0.0, legend=False, only=["car"])
    plain, drawn = overlay.draw(frame.image, mask), overlay.draw(frame.image, mask, frame.found)
    assert not plain.any()
    assert drawn[10, 27].tolist() == drawn[19, 30].tolist() == [200, 0, 0]  # the box
    assert drawn[14, 20].any()  # the trail, to where it was before
    assert not drawn[25:35, 20:40].any()  # the lorry is not to be drawn
