"""Words as numbers, so that a sentence can be the vector of a video."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seqseg.errors import DataError

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class Vocabulary:
    """Words in order; the id of a word is its place from 2 on, 0 pads a sentence, 1 is any other word.

    Example:
        >>> words = Vocabulary.of([["left", "man"], ["man"]])
        >>> words.words, words.ids(["tall", "man"], length=4).tolist()
        (('man', 'left'), [1.0, 2.0, 0.0, 0.0])
    """

    def __init__(self, words: Iterable[str]):
        self.words = tuple(words)
        self._ids = {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]]) -> "Vocabulary":
        """All words of the sentences, the frequent ones first, equally frequent ones by alphabet."""
        counts = Counter(word for sentence in sentences for word in sentence)
        return cls(sorted(counts, key=lambda word: (-counts[word], word)))

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """From a file that `write` wrote: a json list of words.

        Raises:
            DataError: it is not that.
        """
        try:
            words = json.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise DataError(f"cannot read the vocabulary {path}: {error.strerror or error}; check the path") from None
        except (ValueError, RecursionError) as error:
            raise DataError(f"the vocabulary {path} is no json: {error}; it must be a list of words") from None
        good = isinstance(words, list) and all(isinstance(word, str) for word in words)
        if not good or len(set(words)) < len(words) or not words:
            raise DataError(f"the vocabulary {path} must be a json list of words, each once")
        return cls(words)

    def write(self, path: Path) -> None:
        """As a json list of words."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.words, ensure_ascii=False, indent=0), encoding="utf-8")
        except OSError as error:
            raise DataError(f"cannot write the vocabulary {path}: {error.strerror or error}; name a file") from None

    def ids(self, sentence: Sequence[str], *, length: int) -> np.ndarray:
        """The sentence as float32 (length,), cut or padded; ids are whole numbers."""
        ids = [self._ids.get(word, UNKNOWN) for word in sentence[:length]]
        return np.array(ids + [PADDING] * (length - len(ids)), np.float32)

    def __len__(self) -> int:
        return len(self.words) + FIRST_WORD


def words_of(sentence: str) -> list[str]:
    """The words of a sentence, in lower case.

    >>> words_of("The man's LEFT hand, no?")
    ['the', "man's", 'left', 'hand', 'no']
    """
    return _WORD.findall(sentence.lower())
