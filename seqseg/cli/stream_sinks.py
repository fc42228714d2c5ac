"""The options of `seqseg stream` that say where masks go."""

import argparse
from pathlib import Path


def add_sink_options(parser: argparse.ArgumentParser) -> None:
    """Offer every sink."""
    out = parser.add_argument_group("where it goes", "any number of these")
    out.add_argument("--show", action="store_true", help="a window; q or Esc closes it")
    out.add_argument("--save", metavar="FILE.mp4", help="a movie with the classes drawn over it")
    out.add_argument("--masks", metavar="DIR|FILE.mkv", help="the masks: one palette PNG a frame, or a lossless movie")


def make_sink(args: argparse.Namespace, model):
    """All the sinks that the options ask for as one, not yet opened."""
    from streams import Background, MaskFolderSink, MaskMovieSink, MovieSink, Overlay, Sinks, WindowSink

    overlay = Overlay(model.card.palette, model.card.classes, void=model.card.void)
    sinks = []
    if args.save:
        sinks.append(MovieSink(args.save, overlay))
    if args.masks:
        is_movie = Path(args.masks).suffix.lower() == ".mkv"
        sinks.append(MaskMovieSink(args.masks) if is_movie else MaskFolderSink(args.masks, overlay.palette))
    if args.show:
        sinks.append(WindowSink("seqseg", overlay))
    # A window wants the main thread, and there is no point in writing ahead of what is shown.
    return Sinks(sinks) if args.show else Background(Sinks(sinks))
