import io

import numpy as np
from PIL import Image

from seqseg.data.files.png import encode_png


def test_a_picture_comes_back_as_it_was():
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), image)
