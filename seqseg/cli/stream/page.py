"""`seqseg stream --serve`: the live page over the streams of a run."""

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager

from seqseg.errors import ConfigError

DEFAULT = "127.0.0.1:8765"


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Offer the page."""
    parser.add_argument(
        "--serve",
        nargs="?",
        const=DEFAULT,
        metavar="[HOST:]PORT",
        help=f"a live page with every stream, which also takes a browser's camera ({DEFAULT}); it stays until Ctrl-C, "
        "which ends it as any run (exit code 130, everything saved)",
    )
    parser.add_argument(
        "--certificate", metavar="FILE.pem", help="serve the page over HTTPS, as phones want it for their camera"
    )
    parser.add_argument("--key", metavar="FILE.pem", help="the certificate's key, where its file does not hold it")


def check_page_options(args: argparse.Namespace) -> None:
    """ConfigError for what can be told to be wrong before anything is opened."""
    if args.serve:
        page_address(args.serve)
    if args.certificate and not args.serve:
        raise ConfigError("--certificate is for the live page; add --serve [HOST:]PORT")
    if args.key and not args.certificate:
        raise ConfigError("--key is that of a certificate; add --certificate FILE.pem")
    if args.certificate:
        from streams.web.certificate import check_certificate

        check_certificate(args.certificate, args.key)


def page_address(text: str) -> tuple[str, int]:
    """ "8765", ":8765", "0.0.0.0:8765" or "[::1]:8765" -> host and port; this machine alone where no host is named.

    >>> page_address("8765"), page_address("[::1]:80")
    (('127.0.0.1', 8765), ('::1', 80))
    """
    found = re.fullmatch(r"(?:(\[[0-9a-fA-F:]+\]|[^:\s]*):)?(\d{1,5})", text)
    if not found or int(found[2]) > 65535:
        raise ConfigError(f'--serve takes [HOST:]PORT such as 8765 or 0.0.0.0:8765, got "{text}"')
    return (found[1] or "127.0.0.1").strip("[]"), int(found[2])


@contextmanager
def live_page(args: argparse.Namespace, engine, model, *, make_sink, sources, attaching: dict) -> Iterator:
    """The page while the block runs, as `streams.web.Page`; None where none is asked for.

    make_sink: name -> the sink of a stream that is attached from the page. sources: name -> function that makes the
    source anew. attaching: what `Engine.attach` is told besides.
    """
    if not args.serve:
        yield None
        return
    from streams.web import Looks, Page

    host, port = page_address(args.serve)
    card = model.card
    looks = Looks(card.classes, card.palette, card.void)
    with Page(
        engine,
        looks,
        host=host,
        port=port,
        token=args.token,
        certificate=args.certificate,
        key=args.key,
        sources=sources,
        sink_for=make_sink,
        options=attaching,
    ) as page:
        args.say(f"  the page is at {page.url}")
        yield page
