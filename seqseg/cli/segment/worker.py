"""A process of `seqseg segment --workers N`: reads sources from standard input, writes their outcomes to the output."""

import base64
import os
import pickle
import signal
import sys
from pathlib import Path

from seqseg.cli.console.stopping import termination_as_interrupt
from seqseg.cli.segment.segmenting import Segmenter
from seqseg.offline.perform import perform
from seqseg.offline.workers import serve


def main() -> int:
    """Until the input ends. Ctrl-C is for the process that started this one, which then asks it to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries that print must not write between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    options, settings = pickle.loads(base64.b64decode(sys.stdin.readline()))  # from the process that started this one
    segmenter, out = Segmenter(options), Path(options.out)
    try:
        with termination_as_interrupt():
            serve(lambda job, watch: perform(job, out, settings, segmenter, watch), sys.stdin, answers)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the process that started this one has ended
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
