"""Fetching MAESTRO from a server on this machine: whole, in pieces, wrong, and not at all."""

import hashlib
import io
import random
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from improv.errors import InputError
from improv.ports.midiwrite import midi_file
from improv.train import dataset, maestro
from improv.train.maestro import Archive


@dataclass
class Server:
    """What it serves and how it behaves; `asked` are the ranges it was asked for."""

    content: bytes
    knows_ranges: bool = True
    breaks_after: list[int] = field(default_factory=list)  # bytes, one for each request
    status: int = 200
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    def archive(self, of: bytes | None = None) -> Archive:
        wanted = self.content if of is None else of
        return Archive("MAESTRO", self.url, len(wanted), hashlib.sha256(wanted).hexdigest())


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            server.asked.append(wanted)
            if server.status != 200:
                self.send_error(server.status)
                return
            begin = int(wanted[6:-1]) if wanted and server.knows_ranges else 0
            size = len(server.content)
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
            self.send_header("Content-Length", str(size - begin))
            self.end_headers()
            body = server.content[begin:]
            self.wfile.write(body[: server.breaks_after.pop(0)] if server.breaks_after else body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}/maestro-v3.0.0-midi.zip"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def maestro_zip() -> bytes:
    """An archive laid out as the real one is."""
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for i, split in enumerate(("train", "train", "validation", "test")):
            name = f"20{i:02}/MIDI-Unprocessed_{i:02}.midi"
            notes = [(t / 4, bytes((0x90 - 16 * (t % 2), 60 + i, 64))) for t in range(40)]
            pack.writestr(f"maestro-v3.0.0/{name}", midi_file("", {"piano": notes}))
            rows.append(f'Bach,"Suite, No. {i}",{split},20{i:02},{name},none.wav,10.0')
        pack.writestr("maestro-v3.0.0/maestro-v3.0.0.csv", "\n".join(rows))
        pack.writestr("maestro-v3.0.0/LICENSE", "CC BY-NC-SA 4.0")
        pack.writestr("maestro-v3.0.0/weight", random.Random(1).randbytes(700_000))
    return out.getvalue()


CONTENT = maestro_zip()


def test_a_fetched_archive_is_a_dataset_with_the_official_split(tmp_path: Path):
    """From the server to the pieces of a split."""
    with serving(Server(CONTENT)) as server:
        path = maestro.fetch(server.archive(), cache=tmp_path / "downloads")
    prepared = dataset.prepare(path, cache=tmp_path / "datasets")
    assert prepared.pieces == {"train": 2, "validation": 1, "test": 1}
    assert not prepared.skipped


def test_an_archive_that_is_here_is_not_fetched_again(tmp_path: Path):
    """The second time there is no server at all; a damaged copy is noticed."""
    with serving(Server(CONTENT)) as server:
        archive = server.archive()
        path = maestro.fetch(archive, cache=tmp_path)
        assert maestro.fetch(archive, cache=tmp_path) == path
        assert server.asked == [None]
        path.write_bytes(CONTENT[:-1] + b"?")
        assert maestro.fetch(archive, cache=tmp_path).read_bytes() == CONTENT


def test_a_broken_connection_is_gone_on_with(tmp_path: Path):
    """Three times broken off: each request asks for the rest only."""
    seen: list[int] = []
    with serving(Server(CONTENT, breaks_after=[300_000, 1, 200_000])) as server:
        path = maestro.fetch(
            server.archive(), cache=tmp_path, progress=lambda done, total: seen.append(done)
        )
        assert path.read_bytes() == CONTENT
        assert server.asked == [None, "bytes=300000-", "bytes=300001-", "bytes=500001-"]
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_download_given_up_is_gone_on_with_the_next_time(tmp_path: Path):
    """What has come stays, and the sentence says how much that is."""
    with serving(Server(CONTENT, breaks_after=[400_000, 0])) as server:
        with pytest.raises(InputError, match=r"0\.4 of 0\.7 MB are here and are kept"):
            maestro.fetch(server.archive(), cache=tmp_path)
        assert maestro.fetch(server.archive(), cache=tmp_path).read_bytes() == CONTENT
        assert server.asked[-1] == "bytes=400000-"


def test_a_server_without_ranges_begins_again(tmp_path: Path):
    """It sends everything: nothing is doubled."""
    with serving(Server(CONTENT, knows_ranges=False, breaks_after=[400_000])) as server:
        assert maestro.fetch(server.archive(), cache=tmp_path).read_bytes() == CONTENT
        assert len(server.asked) == 2


@pytest.mark.parametrize("sent", [CONTENT[:-1] + b"?", CONTENT + b"more"], ids=["other", "longer"])
def test_another_file_is_refused_and_thrown_away(tmp_path: Path, sent: bytes):
    """The digest decides, whatever the size."""
    with (
        serving(Server(sent)) as server,
        pytest.raises(InputError, match=r"is not MAESTRO: .* nothing was kept"),
    ):
        maestro.fetch(server.archive(of=CONTENT), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_or_is_not_there_is_named(tmp_path: Path):
    """With the reason, and another way to get the file."""
    with serving(Server(CONTENT, status=404)) as server:
        archive = server.archive()
        with pytest.raises(InputError, match=r"Not Found.*fetch http.* yourself"):
            maestro.fetch(archive, cache=tmp_path)
    with pytest.raises(InputError, match="cannot download MAESTRO"):
        maestro.fetch(archive, cache=tmp_path)  # the server is gone
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot store MAESTRO"):
        maestro.fetch(replace(archive, title="MAESTRO"), cache=tmp_path / "file" / "cache")


def test_maestro_by_name_is_the_fetched_archive(tmp_path: Path):
    """`--data maestro` never downloads; anything else is a path."""
    assert maestro.source_of("some/folder", cache=tmp_path) == Path("some/folder")
    with pytest.raises(InputError, match="improv data maestro"):
        maestro.source_of("maestro", cache=tmp_path)
    (tmp_path / "maestro-v3.0.0-midi.zip").write_bytes(CONTENT)
    assert maestro.source_of("maestro", cache=tmp_path).name == "maestro-v3.0.0-midi.zip"
