"""The commands as processes that are asked to stop."""

import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from seqseg.training.run.folder import RunFolder


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_asked_to_stop_saves_and_says_how_to_go_on(request_to_stop, tmp_path, tiny):
    words = [*tiny, "--epochs", "9999", "--run", str(tmp_path / "run")]
    command = [sys.executable, "-u", "-m", "seqseg.cli.main", "train", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        next(line for line in process.stdout if re.match(r"epoch +1/", line))
        process.send_signal(request_to_stop)
        _, complaint = process.communicate(timeout=120)
    assert process.returncode == 130
    assert complaint.startswith("seqseg: interrupted in epoch") and f"--run {tmp_path}/run --resume" in complaint
    with np.load(RunFolder(tmp_path / "run").state) as state:
        assert len(state.files) > 0


def test_a_stream_that_is_asked_to_stop_leaves_whole_files_and_says_so(trained, tmp_path):
    words = [str(trained), "--source", "shapes", "--masks", str(tmp_path / "masks")]
    command = [sys.executable, "-u", "-m", "seqseg.cli.main", "stream", *words]
    watch = "import sys, time\nfrom pathlib import Path\nwhile not Path(sys.argv[1]).exists(): time.sleep(0.05)"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        subprocess.run([sys.executable, "-c", watch, tmp_path / "masks" / "000002.png"], timeout=120, check=True)
        process.send_signal(signal.SIGINT)
        printed, complaint = process.communicate(timeout=120)
    assert process.returncode == 130
    frames = len(list((tmp_path / "masks").glob("*.png")))
    assert printed.startswith(f"{frames} frames in ")
    assert complaint == f"seqseg: stopped after {frames} frames; all files are complete\n"
