"""Compare the durations read from recordings with those found by a decoder, and time reading.

    python -m benchmarks.probing [--seconds N] [--markdown] [--json FILE]

Encodes noise of changing loudness in 30 ways with ffmpeg and LAME, which must be installed, and
decodes each file with ffmpeg. Files that are cut off end after 60 % of their bytes.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from feedsvc.podcasts.media.facts import MediaError
from feedsvc.podcasts.media.probe import probe

_PCM_RATE = 8000  # of the decoded samples, one byte each
_CUT = 0.6
_CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1\nSTART={at}\nEND={at + 10}\ntitle=Chapter {at}\n"
    for at in range(0, 60, 10)
)
_NO_HEADER = ("-t",)  # LAME's option for no Xing header
_LAME: dict[str, tuple[str, ...]] = {
    "MP3 CBR 128": ("-b", "128"),
    "MP3 CBR 64, mono": ("-b", "64", "-m", "m"),
    "MP3 CBR 320": ("-b", "320"),
    "MP3 CBR 128, no header": ("-b", "128", *_NO_HEADER),
    "MP3 VBR V0": ("-V0",),
    "MP3 VBR V4": ("-V4",),
    "MP3 VBR V9": ("-V9",),
    "MP3 ABR 80": ("--abr", "80"),
    "MP3 VBR V0, no header": ("-V0", *_NO_HEADER),
    "MP3 VBR V4, no header": ("-V4", *_NO_HEADER),
    "MP3 VBR V9, no header": ("-V9", *_NO_HEADER),
    "MP3 ABR 80, no header": ("--abr", "80", *_NO_HEADER),
    "MP3 VBR 22,050 Hz, no header": ("-V4", "--resample", "22.05", *_NO_HEADER),
    "MP3 VBR 48,000 Hz": ("-V4", "--resample", "48"),
}
_FFMPEG: dict[str, tuple[str, tuple[str, ...]]] = {
    "MP3 by ffmpeg": ("a.mp3", ("-b:a", "96k")),
    "MP3 by ffmpeg, no header": ("a.mp3", ("-q:a", "5", "-write_xing", "0")),
    "M4A, AAC 96": ("a.m4a", ("-b:a", "96k")),
    "M4A, moov first": ("a.m4a", ("-movflags", "+faststart")),
    "M4A, chapters": ("a.m4a", ("-i", "CHAPTERS", "-map_metadata", "1")),
    "M4A, in fragments": ("a.m4a", ("-movflags", "frag_keyframe+empty_moov", "-frag_size", "9999")),
    "Opus 24": ("a.opus", ("-b:a", "24k")),
    "Opus 96": ("a.opus", ("-b:a", "96k")),
    "Ogg Vorbis q4": ("a.ogg", ("-q:a", "4")),
    "FLAC": ("a.flac", ()),
    "WAV": ("a.wav", ()),
}
_COVERED, _CUT_OFF = ("MP3 VBR V4", "M4A, AAC 96"), ("MP3 VBR V4", "MP3 VBR V4, no header")
HEADINGS = ("file", "decoded", "error", "time")


@dataclass(frozen=True, slots=True)
class Result:
    """A file. decoded, read: seconds; read is None if it is unknown. time: seconds."""

    name: str
    decoded: float
    read: float | None
    said: str
    time: float

    @property
    def missed(self) -> bool:
        """Whether the duration is wrong by more than a second, without a problem being reported."""
        return not self.said and (self.read is None or abs(self.read - self.decoded) > 1)

    @property
    def shown(self) -> tuple[str, ...]:
        error = "unknown" if self.read is None else f"{(self.read - self.decoded) * 1e3:+.0f} ms"
        error = f"{error}: {self.said}" if self.said else error
        return self.name, f"{self.decoded:.2f} s", error, f"{self.time * 1e3:.2f} ms"


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.7, metavar="N", help="of each file")
    report.add_options(parser)
    asked = parser.parse_args()
    if absent := [each for each in ("ffmpeg", "lame") if not shutil.which(each)]:
        sys.exit(f"{absent[0]} is not installed")
    with tempfile.TemporaryDirectory(prefix="feedsvc-probing-") as folder:
        rows = [_result(name, path) for name, path in _make(Path(folder), asked.seconds).items()]
    report.show(asked, HEADINGS, HEADINGS[1:], rows, report.machine("files in the page cache"))
    total = sum(each.time for each in rows)
    print(f"{len(rows)} files in {total:.2f} s: {len(rows) / total:,.0f} files/s")


def _make(folder: Path, seconds: float) -> dict[str, Path]:
    """Return the files by name."""
    source = folder / "source.wav"
    noise = f"anoisesrc=d={seconds}:a=0.6:c=pink,volume='0.02+abs(sin(t/3))':eval=frame"
    _ffmpeg("-f", "lavfi", "-i", noise, "-ar", "44100", "-ac", "2", source)
    (folder / "chapters.txt").write_text(_CHAPTERS, encoding="utf-8")
    files: dict[str, Path] = {}
    for name, options in _LAME.items():
        files[name] = _new(folder, "a.mp3")
        subprocess.run(["lame", "--quiet", *options, source, files[name]], check=True)
    for name, (file, options) in _FFMPEG.items():
        files[name] = _new(folder, file)
        given = [each.replace("CHAPTERS", str(folder / "chapters.txt")) for each in options]
        _ffmpeg("-i", source, *given, files[name])
    picture = folder / "cover.png"
    _ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "nullsrc=s=1800x1800,geq=random(1)*255:128:128",
        "-frames:v",
        "1",
        "-pix_fmt",
        "rgb24",
        picture,
    )
    for name in _COVERED:
        files[f"{name}, cover of {picture.stat().st_size / 1e6:.0f} MB"] = covered = _new(
            folder, files[name].name
        )
        _ffmpeg(
            "-i",
            files[name],
            "-i",
            picture,
            "-map",
            "0:a",
            "-map",
            "1",
            "-c",
            "copy",
            "-disposition:v",
            "attached_pic",
            covered,
        )
    for name in (*_CUT_OFF, "M4A, moov first", "Opus 24", "Ogg Vorbis q4"):
        files[f"{name}, cut off"] = cut = _new(folder, files[name].name)
        content = files[name].read_bytes()
        cut.write_bytes(content[: int(_CUT * len(content))])
    return files


def _new(folder: Path, name: str) -> Path:
    made = folder / str(len(list(folder.iterdir())))
    made.mkdir()
    return made / name


def _ffmpeg(*options: object) -> None:
    given: Sequence[str] = [str(each) for each in options]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *given], check=True)


def _result(name: str, path: Path) -> Result:
    pcm = ["-map", "0:a", "-f", "u8", "-ar", str(_PCM_RATE), "-ac", "1", "-"]
    decoded = subprocess.run(
        ["ffmpeg", "-v", "quiet", "-i", str(path), *pcm], capture_output=True, check=False
    ).stdout
    times, read, said = [], None, ""
    for _ in range(3):
        start = time.perf_counter()
        try:
            facts = probe(str(path))
            read, said = facts.duration, "; ".join(facts.doubts)
        except MediaError as error:
            said = str(error)
        times.append(time.perf_counter() - start)
    return Result(name, len(decoded) / _PCM_RATE, read, said, min(times))


if __name__ == "__main__":
    main()
