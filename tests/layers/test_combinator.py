import numpy as np
from keras import ops

from seqseg.layers import Combinator


def test_it_is_the_papers_function():
    rng = np.random.default_rng(0)
    noisy, above = rng.normal(size=(2, 7, 3)).astype("float32"), rng.normal(size=(2, 7, 3)).astype("float32")
    a = rng.normal(size=(10, 3)).astype("float32")
    combinator = Combinator()
    combinator.build(noisy.shape)
    combinator.coefficients.assign(a)

    def curve(one, two, three, four, five):
        return one / (1 + np.exp(-(two * above + three))) + four * above + five

    mean, share = curve(*a[:5]), curve(*a[5:])
    expected = (noisy - mean) * share + mean
    np.testing.assert_allclose(ops.convert_to_numpy(combinator(noisy, above)), expected, atol=1e-5)


def test_a_new_one_starts_with_the_slopes_of_both_sigmoids_at_one_and_all_else_at_zero():
    combinator = Combinator()
    combinator.build((None, 4))
    start = ops.convert_to_numpy(combinator.coefficients)
    np.testing.assert_array_equal(start, np.outer([0, 1, 0, 0, 0, 0, 1, 0, 0, 0], np.ones(4)))


def test_it_has_ten_coefficients_a_channel_whatever_the_size_of_the_maps():
    combinator = Combinator()
    for height, width in ((5, 7), (9, 3)):
        combinator(np.zeros((2, height, width, 6)), np.zeros((2, height, width, 6)))
    assert combinator.count_params() == 10 * 6
