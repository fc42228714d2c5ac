"""Hard-example mining, by hand."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import CrossEntropy, HardExamples

P = np.array([0.95, 0.9, 0.65, 0.3, 0.01])  # of the right class; the last pixel is void
LABELS = np.array([[[1, 1, 1, 1, 255]]])
LOGITS = np.stack([np.zeros(5), np.log(P / (1 - P))], -1)[None, None]


def test_only_pixels_below_the_bound_count():
    expected = -np.log([0.65, 0.3]).mean()
    assert float(HardExamples(below=0.7, share=0)(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_at_least_the_hardest_share_counts():
    expected = -np.log([0.9, 0.65, 0.3]).mean()
    assert float(HardExamples(below=0.1, share=0.75)(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_with_a_share_of_one_it_is_cross_entropy(labels, logits):
    assert float(HardExamples(share=1)(labels, logits)) == pytest.approx(
        float(CrossEntropy()(labels, logits)), rel=1e-5
    )


@pytest.mark.parametrize("option", ["below", "share"])
def test_what_is_no_share_is_refused(option):
    with pytest.raises(ConfigError, match=f"{option} must be in 0 … 1, got 2"):
        HardExamples(**{option: 2})
