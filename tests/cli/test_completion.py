import subprocess
import sys

import pytest

shtab = pytest.importorskip("shtab", reason="seqseg completion needs shtab")


def test_the_script_of_bash_knows_commands_and_flags(seqseg, tmp_path):
    code, printed, _ = seqseg("completion", "bash")
    assert code == 0 and "--along-motion" in printed
    script = tmp_path / "seqseg.bash"
    script.write_text(printed, encoding="utf-8")
    subprocess.run(["bash", "-n", script], check=True)


def test_without_shtab_a_line_says_how_to_get_it(seqseg, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, _, complaint = seqseg("completion", "bash")
    assert code == 2 and "pip install 'seqseg[completion]'" in complaint
