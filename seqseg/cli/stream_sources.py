"""The options of `seqseg stream` that say where frames come from."""

import argparse


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Offer cameras and sources."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--camera", type=int, metavar="N", help="the camera with this index")
    which.add_argument("--source", metavar="X", help="a movie, an image, a folder, a quoted pattern, or `shapes`")
    parser.add_argument("--fps", type=float, default=25, help="frames a second of image sequences (25)")


def make_source(args: argparse.Namespace, model):
    """The source that the options ask for, not yet opened."""
    from streams import ArraySource, CameraSource, open_source

    if args.camera is not None:
        return CameraSource(args.camera)
    if args.source == "shapes":
        from seqseg.data.synthetic import DEFAULT_SIZE, shapes_stream

        return ArraySource(shapes_stream(size=model.card.size or DEFAULT_SIZE), fps=args.fps, name="shapes")
    return open_source(args.source, fps=args.fps)
