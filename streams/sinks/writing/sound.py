"""The sound of the movie that is segmented, copied packet by packet."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer

from streams.frame import Frame
from streams.paths import for_ffmpeg


class Sound:
    """Copies the sound that belongs to the frames: not decoded, in step with the pictures, and no more than is shown.

    Where frames of several movies follow each other, or go back in one, the sound does so too, as long as it is of the
    same kind. Sound that cannot be copied is left out, with one line in `warnings`.
    """

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._output: OutputContainer | None = None
        self._out_streams: list[av.AudioStream] = []
        self._input: InputContainer | None = None
        self._source = ""
        self._packets: Iterator[av.Packet[av.AudioStream]] = iter(())
        self._head: av.Packet[av.AudioStream] | None = None
        self._reached = Fraction(0)  # in the source's time
        self._last: dict[int, int] = {}  # ticks of the last packet in each stream of the output

    def join(self, output: OutputContainer, frame: Frame) -> None:
        """Adds streams for the sound of the frame's movie to a file that has just been opened."""
        self._output, self._out_streams, self._last = output, [], {}
        self._open(frame)
        if self._input is None:
            return
        for stream in self._input.streams.audio:
            codec = stream.codec_context.name
            if codec not in output.supported_codecs and stream.codec.canonical_name not in output.supported_codecs:
                kind = Path(output.name).suffix
                self._warn(f"the sound of {self._source} ({codec}) does not fit into {kind}; .mkv takes more kinds")
                self._out_streams = []
                self._close()
                return
            self._out_streams.append(output.add_stream_from_template(stream))

    def copy(self, frame: Frame, duration: Fraction, shift: Fraction) -> None:
        """Writes the sound until the frame's end; in the output the frame is `shift` seconds later than its pts."""
        if not self._out_streams or self._output is None:
            return
        begin = frame.pts - frame.shift
        if frame.source != self._source or begin < self._reached - 1:
            self._open(frame)
        end = self._reached = begin + duration
        shift += frame.shift
        for packet in self._before(end):
            if packet.pts is None or packet.dts is None or self._input is None:
                continue
            target = self._out_streams[self._input.streams.audio.index(packet.stream)]
            moved = round(shift / packet.time_base)
            packet.pts, packet.dts = packet.pts + moved, packet.dts + moved
            ticks = round(packet.dts * packet.time_base * 1_000_000)
            if ticks <= self._last.get(target.index, ticks - 1):
                continue  # written already, before the pictures went back
            self._last[target.index] = ticks
            packet.stream = target
            self._output.mux(packet)

    def leave(self) -> None:
        """Closes the source; the output is about to be closed."""
        self._close()
        self._output, self._out_streams = None, []

    def _open(self, frame: Frame) -> None:
        """Seeks to the first packet that is heard while the frame is shown."""
        self._close()
        begin = frame.pts - frame.shift
        self._source, self._reached = frame.source, begin
        if not Path(self._source).is_file():
            return
        try:
            self._input = av.open(for_ffmpeg(self._source), metadata_errors="replace")
            streams = self._input.streams.audio
            if not streams or (self._out_streams and not self._fits(streams)):
                self._close()
                return
            if begin > 1:
                self._input.seek(int((begin - 1) * av.time_base), backward=True)
            self._packets = self._timed(self._input.demux(streams), begin)
        except (OSError, av.error.FFmpegError) as error:
            self._warn(f"the sound of {self._source} cannot be read: {error.strerror}")
            self._close()

    def _fits(self, streams: Sequence[av.AudioStream]) -> bool:
        """Whether the sound is of the kind that the output was begun with."""
        kinds = [
            [
                (s.codec_context.name, s.codec_context.rate, s.codec_context.layout.name, s.codec_context.extradata)
                for s in of
            ]
            for of in (streams, self._out_streams)
        ]
        if kinds[0] != kinds[1]:
            self._warn(f"the sound of {self._source} is of another kind than that before; it was left out")
        return kinds[0] == kinds[1]

    def _timed(
        self, packets: "Iterator[av.Packet[av.AudioStream]]", start: Fraction
    ) -> "Iterator[av.Packet[av.AudioStream]]":
        name = "" if self._output is None else self._output.name
        keeps_negative = Path(name).suffix.lower() != ".mkv"  # mkv would move the pictures instead
        for packet in packets:
            if packet.pts is None or packet.dts is None:
                continue
            begin = packet.pts * packet.time_base
            end = begin + (packet.duration or 0) * packet.time_base
            if end >= start and (begin >= 0 or keeps_negative):  # one that just ends prepares the decoder for the next
                yield packet

    def _before(self, end: Fraction) -> "Iterator[av.Packet[av.AudioStream]]":
        try:
            while True:
                self._head = self._head or next(self._packets, None)
                if self._head is None or (self._head.pts or 0) * self._head.time_base >= end:
                    return
                packet, self._head = self._head, None
                yield packet
        except av.error.InvalidDataError as error:
            self._warn(f"the sound of {self._source} is damaged: {error.strerror}; it ends there")
            self._packets = iter(())

    def _warn(self, text: str) -> None:
        if text not in self._warnings:
            self._warnings.append(text)

    def _close(self) -> None:
        if self._input is not None:
            self._input.close()
        self._input, self._packets, self._head = None, iter(()), None
