"""The table of forecasts by how far ahead they are."""

from collections.abc import Sequence
from typing import Any

from seqseg.cli.console.terminal import print_table


def print_horizons(rows: Sequence[dict[str, Any]]) -> None:
    """Prints the rows of `Horizons.table`."""
    print_table(("ahead", "PSNR", "last frame's", "gain", "SSIM", "last frame's"), [_cells(row) for row in rows])


def _cells(row: dict[str, Any]) -> list[str]:
    decibels = [f"{value:.2f}" for value in (row["psnr"], row["copy_psnr"], row["psnr"] - row["copy_psnr"])]
    return [str(row["horizon"]), *decibels, *(f"{value:.4f}" for value in (row["ssim"], row["copy_ssim"]))]
