import numpy as np

from streams import Areas


def test_shares_are_those_of_the_last_mask_without_void():
    areas = Areas(3)
    assert areas.shares is None
    areas.see(None, np.zeros((4, 5), np.uint8))
    areas.see(None, np.uint8([[1, 1, 1, 2], [255, 255, 255, 255]]))
    assert areas.shares.tolist() == [0, 0.75, 0.25]


def test_a_mask_that_is_all_void_has_no_area():
    areas = Areas(2)
    areas.see(None, np.full((3, 3), 255, np.uint8))
    assert areas.shares.tolist() == [0, 0]
