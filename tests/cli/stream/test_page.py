"""The live page from the command line."""

import argparse
import http.client
import json
import re
import signal
import subprocess
import sys
import time

import pytest

from seqseg.cli.stream.page import add_page_options, page_address
from seqseg.errors import ConfigError
from seqseg.models import build_model, save_model

pytest.importorskip("starlette", reason="the live page needs seqseg[live]")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8765", ("127.0.0.1", 8765)),
        (":80", ("127.0.0.1", 80)),
        ("0.0.0.0:81", ("0.0.0.0", 81)),
        ("[::1]:82", ("::1", 82)),
        ("box.local:83", ("box.local", 83)),
    ],
)
def test_an_address_is_a_port_and_maybe_a_host(text, address):
    assert page_address(text) == address


@pytest.mark.parametrize("text", ["", "host", "99999", "::1:80", "runs/cells", "127.0.0.1:"])
def test_anything_else_is_an_error(text):
    with pytest.raises(ConfigError, match="--serve takes"):
        page_address(text)


def test_without_an_address_it_is_loopback():
    parser = argparse.ArgumentParser()
    add_page_options(parser)
    assert parser.parse_args(["--serve"]).serve == "127.0.0.1:8765"


def streams_of(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/streams")
    facts = json.loads(connection.getresponse().read())
    connection.close()
    return facts


def test_the_command_serves_until_it_is_asked_to_stop(tmp_path):
    model = tmp_path / "model.keras"
    save_model(build_model("unet", classes=["ground", "thing"], filters=2), model)
    sources = ["--source", "shapes", "--source", str(tmp_path / "none.mp4")]
    command = [sys.executable, "-m", "seqseg.cli.main", "stream", str(model), *sources, "--serve", "0"]
    command += ["--areas", str(tmp_path / "areas.csv"), "--report", str(tmp_path / "report.json")]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = next(line for line in run.stderr if "page is at" in line)
        port = int(re.search(r"127\.0\.0\.1:(\d+)/", line)[1])
        deadline = time.monotonic() + 60
        while True:
            facts = streams_of(port)  # the page stands before the first stream does
            states = [(stream["frames"] > 0, stream["status"]) for stream in facts["streams"]]
            if len(states) == 2 and states[0][0] and states[1][1] == "failed":
                break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert facts["streams"][0]["name"] == "shapes"
        assert [entry["name"] for entry in facts["classes"]] == ["ground", "thing"]
    finally:
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "Traceback" not in err + out
    assert re.search(r"stopped after \d+ frames; all files are complete; 1 of 2 streams failed: .*none.mp4", err)
    assert len(list(tmp_path.glob("areas-shapes.csv"))) == 1 and not list(tmp_path.glob("*.part*"))
    shapes, none = json.loads((tmp_path / "report.json").read_text())["streams"]
    assert (shapes["status"], none["status"]) == ("ended", "failed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--certificate", "a.pem"], "--certificate is for the live page"),
        (["--serve", "--key", "a.pem"], "--key is that of a certificate"),
        (["--serve", "--certificate", "none.pem"], "none.pem cannot be read: No such file"),
        (["--serve", "--certificate", "text.pem"], "hold no certificate with its key in PEM"),
        (["--serve", "99999"], "--serve takes"),
    ],
)
def test_what_the_page_cannot_be_served_with_is_one_line(words, message, seqseg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pem").write_text("nothing")
    code, printed, complaint = seqseg("stream", "none.keras", "--source", "shapes", *words)
    assert (code, printed) == (2, "") and message in complaint and complaint.count("\n") == 1
