"""Files as they come: compressed, cut off, missing, no text."""

import bz2
import gzip
import io
import lzma
import sys

import pytest

from simulator.traces.source import lines, save
from tenancy.errors import ConfigError, TraceError

TEXT = "submit,duration,gpus\n1,2,3\n"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_compression_is_seen_in_the_content(pack, tmp_path, monkeypatch):
    file = tmp_path / "jobs.anything"
    file.write_bytes(pack(b"\xef\xbb\xbf" + TEXT.encode()))
    assert "".join(lines(str(file))) == TEXT
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert "".join(lines("-")) == TEXT


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_what_breaks_off_is_said_with_its_line(pack, tmp_path):
    file = tmp_path / "jobs"
    content = "".join(f"{number} {number * 7919 % 10007}\n" for number in range(20_000))
    file.write_bytes(pack(content.encode())[:-20])
    with pytest.raises(TraceError, match=r"jobs:\d+: the compressed data breaks off or is damaged"):
        list(lines(str(file)))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\x7fELF\x00\x01", ":1: is no text"), (gzip.compress(b"a\0b", mtime=0), ":1: is no text")],
)
def test_what_holds_no_text_is_refused(content, message, tmp_path):
    file = tmp_path / "jobs"
    file.write_bytes(content)
    with pytest.raises(TraceError, match=message):
        list(lines(str(file)))


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(TraceError, match="nothing: cannot be read: No such file"):
        list(lines(str(tmp_path / "nothing")))
    with pytest.raises(TraceError, match="cannot be read: Is a directory"):
        list(lines(str(tmp_path)))


def test_foreign_bytes_stay_apart(tmp_path):
    file = tmp_path / "jobs"
    file.write_bytes(b"M\xfcller\nM\xf6ller\n")
    assert list(lines(str(file))) == ["M\\xfcller\n", "M\\xf6ller\n"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".bz2"])
def test_saved_text_comes_back_and_equal_text_gives_equal_bytes(suffix, tmp_path):
    first, second = (tmp_path / f"{name}.csv{suffix}" for name in ("a", "b"))
    for file in (first, second):
        save(str(file), lambda text: text.write(TEXT))
    assert "".join(lines(str(first))) == TEXT
    assert first.read_bytes() == second.read_bytes()
    assert (first.read_bytes() == TEXT.encode()) == (suffix == "")


def test_failed_save_leaves_the_old_file(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("old")

    def fail(text):
        text.write("new")
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match="cannot be written: No space left"):
        save(str(file), fail)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
