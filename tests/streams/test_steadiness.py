import numpy as np
import pytest

from streams import Frame, Steadiness

SIZE = (480, 640)
BLOCK = 4  # 640 pixels are 160 blocks
RANDOM = np.random.default_rng(0)


def after(*pairs, epochs=None):
    """The gauge after pictures and masks that follow each other."""
    steadiness = Steadiness()
    for index, (picture, mask) in enumerate(pairs):
        steadiness.see(Frame(picture, index, index, epoch=epochs[index] if epochs else 0), mask)
    return steadiness


def grey(value=90, size=SIZE):
    return np.full((*size, 3), value, np.uint8)


def flat(value=0, size=SIZE):
    return np.full(size, value, np.uint8)


def test_the_first_frame_says_nothing():
    gauge = after((grey(), flat()))
    assert gauge.last is None and gauge.value is None


def test_what_stays_is_steady():
    mask = RANDOM.integers(0, 9, SIZE, dtype=np.uint8)
    assert after((grey(), mask), (grey(), mask)).last == 1.0


def test_flicker_is_the_share_of_still_blocks_that_changed_their_class():
    other = flat()
    other[: SIZE[0] // 4] = 1
    assert after((grey(), flat()), (grey(), other)).last == 0.75


def test_what_moves_in_the_picture_may_change_its_class():
    moved, mask = grey(), flat()
    moved[100:200, 100:200] = 200
    mask[100:200, 100:200] = 1
    assert after((grey(), flat()), (moved, mask)).last == 1.0


def test_flicker_beside_something_that_moves_is_still_found():
    moved, mask = grey(), flat()
    moved[:, : SIZE[1] // 2] = 200
    mask[:] = 1
    assert after((grey(), flat()), (moved, mask)).last == 0.0


def test_a_change_in_one_colour_alone_is_a_change():
    blue, mask = grey(), flat(1)
    blue[..., 2] = 140
    gauge = after((grey(), flat()), (blue, mask))
    assert gauge.last is None and gauge.value is None  # nothing stood still


def test_a_cameras_noise_is_no_movement():
    pictures = [np.clip(90 + RANDOM.normal(0, 6, (*SIZE, 3)), 0, 255).astype(np.uint8) for _ in range(2)]
    other = flat()
    other[:, : SIZE[1] // 2] = 1
    assert after((pictures[0], flat()), (pictures[1], other)).last == pytest.approx(0.5, abs=0.02)


def test_void_is_neither_steady_nor_not():
    before, now = flat(), flat(1)
    before[: SIZE[0] // 2] = 255
    now[SIZE[0] // 2 :] = 255
    assert after((grey(), before), (grey(), now)).last is None


def test_another_epoch_or_size_is_fresh():
    assert after((grey(), flat()), (grey(), flat(1)), epochs=[0, 1]).last is None
    small = (33, 47)
    assert after((grey(), flat()), (grey(size=small), flat(1, small))).last is None


def test_the_value_is_the_mean_over_the_last_fifty():
    pairs = [(grey(), flat())] * 11 + [(grey(), flat(1))]
    assert after(*pairs).value == pytest.approx(10 / 11)
    assert after(*pairs, *[(grey(), flat(1))] * 50).value == 1.0


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (7, 5), (161, 3), (241, 321)])
def test_any_size_can_be_looked_at(size):
    assert after((grey(size=size), flat(0, size)), (grey(size=size), flat(1, size))).last == 0.0
