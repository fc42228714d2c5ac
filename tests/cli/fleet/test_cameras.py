import pytest

from seqseg.cli.fleet.cameras import Camera, Fleet, read_cameras
from seqseg.errors import ConfigError

DOOR = '[[camera]]\nname = "door"\nsource = "rtsp://door/main"\n'


@pytest.fixture
def write(tmp_path):
    def written(text):
        (tmp_path / "cameras.toml").write_text(text)
        return tmp_path / "cameras.toml"

    return written


def test_a_file_of_cameras(write):
    text = (
        '[fleet]\nworkers = 2\nout = "here"\n'
        + DOOR
        + '[[camera]]\nname = "desk"\nsource = 0\nmodel = "m"\nmasks = true\n'
    )
    assert read_cameras(write(text)) == Fleet(
        (Camera("door", "rtsp://door/main"), Camera("desk", "0", "m", masks=True)), workers=2, out="here"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no [[camera]] table"),
        ("camera = 3", "has no [[camera]] table"),
        ("[[camera]\n", "is not TOML"),
        ('[[camera]]\nname = "a"', "camera 1 has no source"),
        (DOOR + "mask = true", "camera 1: unknown key 'mask'; did you mean masks?"),
        (DOOR + "masks = 1", "camera 1: masks must be true or false, got 1"),
        (DOOR + "smooth = 2", "smooth must be at most 0.99"),
        (DOOR + DOOR, "two cameras are called door"),
        (DOOR + DOOR.replace("door", "Door"), "two cameras are called Door"),
        (DOOR.replace('"door"', '"../door"'), 'cannot be called "../door"'),
        ("[fleet]\nworkers = 0\n" + DOOR, "fleet: workers must be at least 1"),
        ("[fleet]\nworker = 1\n" + DOOR, "fleet: unknown key 'worker'; did you mean workers?"),
        ("[fleets]\n" + DOOR, "unknown key 'fleets'; did you mean fleet?"),
        ("fleet = 1\n" + DOOR, "fleet must be a table"),
    ],
)
def test_what_is_wrong_is_one_line(write, text, complaint):
    with pytest.raises(ConfigError) as error:
        read_cameras(write(text))
    assert complaint in str(error.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_cameras(tmp_path / "gone.toml")
