import argparse
import io
import os
import subprocess
import sys
import time

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.cli import data, main
from seqseg.errors import RunError
from seqseg.version import __version__


def seqseg(*words, check=False, **options):
    command = [sys.executable, "-m", "seqseg.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=120, **options)


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["stream", "--help"], ["--version"]])
def test_help_imports_only_the_standard_library_and_the_command_line(words):
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom seqseg.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    print('\\nimported:', *sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = run.stdout.rpartition("imported:")[2].split()
    assert {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"seqseg"}
    parts = {name.split(".")[1] for name in imported if name.startswith("seqseg.")}
    assert parts <= {"cli", "config", "errors", "files", "geometry", "registry", "renamed", "version"}
    assert len(imported) < 250


@pytest.mark.slow
def test_help_answers_in_less_than_three_tenths_of_a_second():
    def seconds():
        start = time.perf_counter()
        seqseg("train", "--help", check=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.3


def test_help_lists_every_command():
    text = seqseg("--help", check=True).stdout
    commands = ("train", "evaluate", "stream", "models", "data", "inspect", "demo")
    assert all(f"\n    {name} " in text for name in commands)


def test_the_version_is_printed():
    assert seqseg("--version").stdout == f"seqseg {__version__}\n"


def test_what_the_user_can_fix_is_one_line_and_exit_code_2():
    run = seqseg("train", "--set", "training.epoch=5")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "seqseg: error: unknown key training.epoch; did you mean training.epochs?\n"


def test_a_bug_keeps_its_traceback_and_exits_with_1():
    code = (
        "import sys\nfrom seqseg.cli import data, main\n"
        "def broken(args): raise KeyError('a bug')\ndata.run = broken\nsys.exit(main.main(['data']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "Traceback" in run.stderr and "KeyError: 'a bug'" in run.stderr


def ending_with(error, monkeypatch):
    def run(_: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(data, "run", run)
    return main.main(["data"])


def test_an_error_of_ours_exits_with_2(monkeypatch, capsys):
    assert ending_with(RunError("no run folder at x; give one"), monkeypatch) == 2
    assert capsys.readouterr().err == "seqseg: error: no run folder at x; give one\n"


def test_an_interruption_exits_with_130_and_says_how_to_go_on(monkeypatch, capsys):
    assert ending_with(KeyboardInterrupt("stopped; continue with --resume"), monkeypatch) == 130
    assert capsys.readouterr().err == "seqseg: stopped; continue with --resume\n"


def test_a_reader_that_leaves_early_is_no_error():
    command = f"{sys.executable} -m seqseg.cli.main models --json | head -c 1"
    run = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "[", "")


def test_a_name_that_is_no_text_does_not_end_a_command(tmp_path, monkeypatch):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    for kind, value in (("images", 200), ("masks", 1)):
        (folder / kind).mkdir(parents=True)
        imageio.imwrite(folder / kind / "1.png", np.eye(9, dtype=np.uint8) * np.uint8(value))
    (folder / "classes.txt").write_text("sea\nice\n")
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # strict, as a terminal's
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.chdir(tmp_path)
    assert main.main(["inspect", f"folders:{folder}", "--split", "all"]) == 0
    printed.flush()
    assert rb"caf\udce9" in printed.buffer.getvalue()
