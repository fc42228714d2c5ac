"""A folder that segments a browser's camera in the browser itself, served beside the live page under /device/."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from streams.errors import StreamError

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".txt": "text/plain; charset=utf-8",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    # With the opener policy that all responses have, this isolates the page, without which there are no threads.
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-cache",  # revalidated every time, sent again only after a change: some files are large
}
"""WebAssembly is compiled on these pages alone; the other pages' policy does not allow it."""


def check_device_folder(folder: str | Path) -> Path:
    """StreamError unless `folder` holds a page."""
    folder = Path(folder)
    if not (folder / "index.html").is_file() or not (folder / "model.json").is_file():
        raise StreamError(f"{folder} holds no page; make one: seqseg export RUN --format web --out {folder}")
    return folder


def device_routes(folder: Path) -> list[Route]:
    """The files of the folder, and nothing below or above it."""
    files = {path.name: path for path in folder.iterdir() if path.is_file() and path.suffix in KINDS}

    async def give(request: Request) -> Response:
        path = files.get(request.path_params.get("name") or "index.html")
        if path is None:
            return PlainTextResponse("there is no such file\n", status_code=404)
        return FileResponse(path, media_type=KINDS[path.suffix], headers=HEADERS)

    return [Route("/device/", give, methods=["GET"]), Route("/device/{name:str}", give, methods=["GET"])]
