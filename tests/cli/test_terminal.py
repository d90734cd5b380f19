"""Output that cannot be written is given up, and the work goes on."""

import io
import os

import pytest

from jaxtext.cli.terminal import Lasting, silence


class Broken(io.StringIO):
    """A stream whose output is lost; its descriptor is that of an open file."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self):
        self.write("")

    def fileno(self):
        return self.file.fileno()


def test_what_can_be_written_is_written():
    stream = io.StringIO()
    lasting = Lasting(stream)
    assert lasting.write("text") == 4
    lasting.flush()
    assert stream.getvalue() == "text" and lasting.writable()


@pytest.mark.parametrize("action", [lambda s: s.write("text"), lambda s: s.flush()])
def test_output_without_a_reader_is_discarded(action, tmp_path):
    with (tmp_path / "file").open("w") as file:
        action(Lasting(Broken(file)))
        os.write(file.fileno(), b"later")
    assert (tmp_path / "file").read_bytes() == b""


def test_only_failures_of_output_are_ignored():
    class Odd(io.StringIO):
        def write(self, text):
            raise UnicodeEncodeError("ascii", text, 0, 1, "no such letter")

    with pytest.raises(UnicodeEncodeError):
        Lasting(Odd()).write("x")


def test_a_silenced_stream_takes_everything_and_keeps_nothing(tmp_path):
    with (tmp_path / "file").open("w") as file:
        file.write("kept")
        file.flush()
        file.write("in the buffer")
        silence(file)
        file.write("later")
    assert (tmp_path / "file").read_text() == "kept"
