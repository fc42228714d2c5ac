import re
import urllib.error
import urllib.request

import pytest

from seqseg.cli.fleet.metrics import WorkerHealth, health_line, page, prometheus
from seqseg.cli.fleet.serving import served
from seqseg.errors import ConfigError

STREAM = {
    "status": "running", "frames": 75, "dropped": {"stale": 2}, "latency_p95": 0.125, "fresh_starts": 1,
    "state_frames": 74, "state_seconds": 3.0, "error": None,
}  # fmt: skip
WORKERS = [
    WorkerHealth("worker-1", "voc", True, 2, 1000, ("door", 'de"sk\\\n'), {"door": STREAM}, 0.5),
    WorkerHealth("worker-2", "<b>", False, 0, None, ("yard",), {}, None),
]
# The grammar of the text format: https://prometheus.io/docs/instrumenting/exposition_formats
SAMPLE = re.compile(r'[a-z_]+\{([a-z_0-9]+="(\\[\\"n]|[^"\\\n])*",?)*\} [0-9.e+-]+')


def test_every_line_is_one_of_the_text_format():
    for line in prometheus(WORKERS).splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) seqseg_[a-z_]+ .+", line) or SAMPLE.fullmatch(line), line


def test_each_figure_is_said_once_under_its_type():
    lines = prometheus(WORKERS).splitlines()
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types))
    assert 'seqseg_camera_frames_total{camera="door",worker="worker-1"} 75' in lines
    assert 'seqseg_camera_dropped_total{camera="door",worker="worker-1",cause="stale"} 2' in lines
    assert 'seqseg_camera_up{camera="yard",worker="worker-2"} 0' in lines
    assert 'seqseg_worker_restarts_total{worker="worker-1",model="voc"} 2' in lines


def test_the_line_counts_cameras_by_status():
    line = health_line(WORKERS, fps=24.96)
    assert line == (
        "3 cameras on 2 workers: 1 down, 1 running, 1 starting; 25.0 frames a second; 2 frames dropped, 2 restarts"
    )


def test_the_page_shows_names_as_text():
    hostile = WorkerHealth("w", "m", True, cameras=("<script>alert(1)</script>",))
    assert "<script>" not in page([hostile]) and "&lt;script&gt;" in page([hostile])


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_the_port_serves_the_page_and_the_figures(free_port):
    with served(str(free_port), lambda: WORKERS) as url:
        kind, text = get(f"{url}metrics")
        assert kind.startswith("text/plain; version=0.0.4") and text == prometheus(WORKERS)
        assert "door" in get(url)[1]
        for path, headers, status in (("nothing", {}, 404), ("metrics", {"Host": "evil.example"}, 403)):
            with pytest.raises(urllib.error.HTTPError) as error:
                get(url + path, **headers)
            assert error.value.code == status
            error.value.close()


def test_on_other_hosts_it_wants_the_token(free_port):
    with served(f"0.0.0.0:{free_port}", lambda: WORKERS, token="secret"):
        url = f"http://127.0.0.1:{free_port}/metrics"
        with pytest.raises(urllib.error.HTTPError) as error:
            get(url)
        error.value.close()
        assert get(f"{url}?token=secret") == get(url, Authorization="Bearer secret")


@pytest.mark.parametrize("text", ["x", "1:2:3", "99999"])
def test_an_address_that_is_none_is_one_line(text):
    with pytest.raises(ConfigError, match="--serve"), served(text, lambda: []):
        pass
