import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler

import cv2
import numpy as np
import pytest

from streams import MovieFrames


def test_a_file_that_is_wrong_is_one_line_and_nothing_is_written(seqseg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cameras.toml").write_text('[[camera]]\nname = "a"\nsource = "rtsp://a"\nmodel = "vok"\n')
    code, _, complaint = seqseg("fleet", "cameras.toml")
    assert code == 2 and "did you mean voc?" in complaint and complaint.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cameras.toml"]


@pytest.mark.parametrize("options", [("--every", "0"), ("--duration", "-1")])
def test_times_that_are_none_are_one_line(seqseg, tmp_path, options):
    code, _, complaint = seqseg("fleet", tmp_path / "cameras.toml", *options)
    assert code == 2 and "must be greater than 0 seconds" in complaint


class CameraHandler(BaseHTTPRequestHandler):
    """An MJPEG camera that sends 20 pictures a second, each with its number in its pixels, until nobody looks."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number, pause = 0, 0.05
        while True:
            image = np.full((45, 61, 3), 8 * (number % 30), np.uint8)
            content = cv2.imencode(".jpg", image)[1].tobytes()
            try:
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(content))
                self.wfile.write(content + b"\r\n")
            except OSError:
                return
            number += 1
            time.sleep(pause)  # the camera's own rate

    def log_message(self, *arguments):
        """Silent."""


@pytest.mark.slow
def test_eight_cameras_on_two_workers_outlive_two_deaths(trained, tmp_path, start_http, free_port):
    """Every camera is back within 10 s with the state of a snapshot; no frame is made up; the figures say so."""
    address, port = start_http(CameraHandler), free_port
    cameras = "".join(
        f'[[camera]]\nname = "c{number}"\nsource = "http://{address}/{number}"\nmodel = "{trained}"\nmasks = true\n'
        for number in range(8)
    )
    file = tmp_path / "cameras.toml"
    file.write_text(f'[fleet]\nworkers = 2\nsnapshot = 1\nout = "{tmp_path / "out"}"\n' + cameras)
    command = [sys.executable, "-m", "seqseg.cli.main", "fleet", file, "--serve", str(port), "--every", "2"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    fleet = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: frames(port).keys() == names(8) and min(frames(port).values()) > 20, 240)
        recoveries = []
        for _ in range(2):
            victim = workers_of(fleet)[0]
            before = frames(port)
            began = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda: any(frames(port).get(name, 0) < count for name, count in before.items()), 60)  # noqa: B023
            wait_for(lambda: len(frames(port)) == 8 and min(frames(port).values()) > 0, 120)
            recoveries.append(time.monotonic() - began)
            wait_for(lambda: min(frames(port).values()) > 20, 120)
        ages = {name: age for name, age in figures(port, "seqseg_camera_state_frames").items()}
        file.write_text(file.read_text().replace('name = "c7"', 'name = "c8"'))
        wait_for(lambda: frames(port).keys() == (names(9) - {"c7"}), 60)
        print(f"back after {recoveries} s; frames since the states began: {ages}")
        assert sum(figures(port, "seqseg_worker_restarts_total").values()) == 2
    finally:
        fleet.send_signal(signal.SIGINT)
        _, said = fleet.communicate(timeout=120)
    assert fleet.returncode == 130 and "all files are complete" in said
    assert said.count("died (signal 9)") == 2 and "added c8; removed c7" in said
    for folder in (tmp_path / "out").glob("c*"):
        for masks in folder.glob("*/masks.mkv"):
            assert len(MovieFrames(masks, pixels="gray")) > 0
    assert list((tmp_path / "out").glob("c8/*/masks.mkv"))


def names(count):
    return {f"c{number}" for number in range(count)}


def figures(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        found = re.findall(
            rf'^{name}{{(?:camera|worker)="([^"]*)"[^}}]*}} (\S+)$', answer.read().decode(), re.MULTILINE
        )
    return {key: float(value) for key, value in found}


def frames(port):
    try:
        return figures(port, "seqseg_camera_frames_total")
    except OSError:  # it does not listen yet
        return {}


def workers_of(process):
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    return [int(pid) for pid in listed.stdout.split() if b"seqseg.cli.fleet.worker" in cmdline(pid)]


def cmdline(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.1)
