import importlib.util
import os
import subprocess
import sys

import pytest

from seqseg.cli.console.quiet import _without, quiet_libraries

IMPORT = "from seqseg.cli.console.quiet import"


def run(code, **environment):
    options = {"capture_output": True, "text": True, "check": False, "env": os.environ | environment}
    return subprocess.run([sys.executable, "-c", code], **options)


def filtered(body):
    return run(f"import os, sys\n{IMPORT} quiet_libraries\nwith quiet_libraries():\n    {body}")


def test_keras_is_imported_without_a_word_and_without_what_it_only_offers():
    code = (
        f"import sys\n{IMPORT} *\nquiet_start()\nimport_keras()\n"
        "print('keras' in sys.modules, {'jax', 'matplotlib', 'scipy'} & set(sys.modules))\nimport numpy.testing, av"
    )
    result = run(code, KERAS_BACKEND="tensorflow")
    assert (result.stdout, result.stderr) == ("True set()\n", "")


def test_packages_are_missing_for_a_while_alone():
    with _without("this"), pytest.raises(ImportError, match="this is not imported"):
        importlib.import_module("this")
    with _without("sys"):
        importlib.import_module("sys")  # it is there already
    assert importlib.util.find_spec("this")


def test_what_is_no_talk_comes_through():
    result = filtered("os.write(2, b'E0000 00:00:17 1 x.cc:1] broken\\nI0000 00:00:17 1 x.cc:1] talk\\nreal\\n')")
    assert result.stderr == "E0000 00:00:17 1 x.cc:1] broken\nreal\n"


def test_what_a_crash_says_still_arrives():
    result = filtered("os.write(2, b'F0000 no AVX here\\n'); os.abort()")
    assert result.returncode < 0
    assert "no AVX here" in result.stderr


def test_an_exception_passes_and_stderr_is_itself_again():
    result = filtered("raise KeyError('a bug')")
    assert "KeyError: 'a bug'" in result.stderr


def test_the_backend_flag_wins_over_the_environment():
    code = f"import os\n{IMPORT} quiet_start\nquiet_start('jax')\nprint(os.environ['KERAS_BACKEND'])"
    assert run(code, KERAS_BACKEND="torch").stdout == "jax\n"


def test_the_environment_wins_over_the_default():
    code = f"import os\n{IMPORT} quiet_start\nquiet_start()\nprint(os.environ['KERAS_BACKEND'])"
    assert run(code, KERAS_BACKEND="jax").stdout == "jax\n"


def test_lines_of_picture_libraries_are_left_out_and_everything_else_is_passed_on():
    body = """for line in ("libpng error: IDAT: CRC", "Corrupt JPEG data: 3 bytes", "TIFFReadDirectory: x", "F x"):
        os.write(2, line.encode() + b"\\n")
    print("Traceback of ours", file=sys.stderr)
os.write(2, b"libpng error: afterwards\\n")"""
    said = filtered(body).stderr.splitlines()
    assert sorted(said) == ["F x", "Traceback of ours", "libpng error: afterwards"]


def test_what_is_printed_without_the_end_of_a_line_is_seen_at_once():
    body = """from seqseg.cli.console.printable import printable_output, unfiltered
    print("50 %", end="\\r", file=sys.stderr)
with printable_output(), quiet_libraries(past_python=True):
    print("60 %\\x1b", end="\\r", file=sys.stderr)
    unfiltered(sys.stderr).write("raw")
print("after", file=sys.stderr)"""
    assert filtered(body).stderr == "50 %\n60 %\\x1b\nrawafter\n"  # each \\r as text=True reads it


def test_where_stderr_is_something_else_nothing_is_started(capfd):
    with quiet_libraries(past_python=True):
        os.write(2, b"libpng error: x\n")
    assert capfd.readouterr().err == "libpng error: x\n"
