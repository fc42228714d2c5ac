"""`seqseg stream --serve`: the live page over the streams of a run."""

import argparse
from dataclasses import dataclass

from seqseg.errors import ConfigError

DEFAULT = "127.0.0.1:8765"


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Where the page is served, checked."""

    host: str
    port: int
    token: str | None = None
    certificate: str | None = None
    key: str | None = None
    device: str | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> "PageOptions | None":
        """From the command line; None where no page is asked for. ConfigError before anything is opened."""
        if args.certificate and not args.serve:
            raise ConfigError("--certificate is for the live page; add --serve [HOST:]PORT")
        if args.key and not args.certificate:
            raise ConfigError("--key is that of a certificate; add --certificate FILE.pem")
        if args.on_device and not args.serve:
            raise ConfigError("--on-device adds to the live page; add --serve [HOST:]PORT")
        if not args.serve:
            return None
        host, port = page_address(args.serve)
        if args.certificate:
            from streams.web.certificate import check_certificate

            check_certificate(args.certificate, args.key)
        return cls(host, port, args.token, args.certificate, args.key, _device_folder(args.on_device))


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Offer the page."""
    parser.add_argument(
        "--serve",
        nargs="?",
        const=DEFAULT,
        metavar="[HOST:]PORT",
        help=f"a live page with every stream, which also takes a browser's camera ({DEFAULT}); it stays until Ctrl-C, "
        "which ends it like any run (exit code 130, everything saved)",
    )
    parser.add_argument(
        "--certificate", metavar="FILE.pem", help="serve the page over HTTPS, which phones need for their camera"
    )
    parser.add_argument("--key", metavar="FILE.pem", help="the certificate's key, where its file does not hold it")
    parser.add_argument(
        "--on-device",
        metavar="DIR",
        help="what seqseg export --format web wrote: the page offers to segment a browser's camera in the browser "
        "itself, and nothing of it is sent",
    )


def _device_folder(folder: str | None) -> str | None:
    from pathlib import Path

    if folder is not None and not (Path(folder) / "model.json").is_file():
        raise ConfigError(f"--on-device: {folder} holds no page; make one: seqseg export RUN --format web --out DIR")
    return folder


def page_address(text: str) -> tuple[str, int]:
    """ "8765", ":8765", "0.0.0.0:8765" or "[::1]:8765" -> host and port; this machine alone where no host is named.

    >>> page_address("8765"), page_address("[::1]:80")
    (('127.0.0.1', 8765), ('::1', 80))
    """
    from streams.errors import StreamError
    from streams.listening import parse_address

    try:
        return parse_address(text)
    except StreamError:
        raise ConfigError(f'--serve takes [HOST:]PORT such as 8765 or 0.0.0.0:8765, got "{text}"') from None
