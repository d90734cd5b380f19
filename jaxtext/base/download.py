"""Files that are downloaded once, checked by SHA-256, and kept."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.errors import InputError

CHUNK_BYTES = 1 << 20
ATTEMPTS = 3  # at a download whose connection breaks off
SECONDS = 30  # to wait for an answer

OnBytes = Callable[[int, int], None]  # bytes done, bytes in total


class Remote(NamedTuple):
    """A file on a server."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """Return the name of the file."""
        return self.url.rpartition("/")[2]


def download(
    remote: Remote,
    folder: Path,
    parameter: str,
    value: str,
    on_bytes: OnBytes = lambda done, total: None,
) -> Path:
    """Return the file in `folder`, downloaded if it is not there with its SHA-256.

    A file that was put there by hand is used as well. A download that breaks off is started again,
    `ATTEMPTS` times in all. `on_bytes` is called with the bytes done and the bytes in total.

    Raises `InputError` about the parameter and its value when the file cannot be downloaded or
    kept, and when the server sends a file with another SHA-256.
    """
    import pooch
    from requests import exceptions

    pooch.get_logger().setLevel(logging.WARNING)  # the progress bar says the same
    path = folder / remote.name
    store = pooch.create(
        folder, base_url="", registry={path.name: remote.sha256}, urls={path.name: remote.url}
    )
    load = pooch.HTTPDownloader(chunk_size=CHUNK_BYTES, timeout=SECONDS)
    load.progressbar = _Bar(on_bytes)  # pyright: ignore[reportAttributeAccessIssue]
    broke_off = exceptions.ChunkedEncodingError, exceptions.Timeout
    for attempt in range(ATTEMPTS):
        try:
            return Path(store.fetch(path.name, downloader=load))  # pyright: ignore[reportArgumentType]
        except exceptions.RequestException as error:
            if isinstance(error, broke_off) and attempt + 1 < ATTEMPTS:
                continue
            there = ", and the file already there has another SHA-256" if path.exists() else ""
            raise InputError(
                f"{remote.url} {_reason(error)}{there}: get {path.name} elsewhere and put "
                f"it at {path}",
                parameter,
                value,
            ) from None
        except ValueError:
            raise InputError(
                f"{remote.url} sends a file that is not the known {path.name}, whose SHA-256 is "
                f"{remote.sha256}: get that file elsewhere and put it at {path}",
                parameter,
                value,
            ) from None
        except OSError as error:
            raise InputError(
                f"{folder}: {path.name} cannot be kept there ({error.strerror or error}): set "
                "XDG_CACHE_HOME to a folder that can be written to"
            ) from None
    raise AssertionError("unreachable: the last attempt returns or raises")


class _Bar:
    """Pass on the progress that pooch reports of a download, which may begin several times."""

    def __init__(self, on_bytes: OnBytes):
        self._on_bytes, self._total, self._done = on_bytes, 0, 0

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, size: int) -> None:
        self._total, self._done = size, 0

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self._total)
        self._on_bytes(self._done, self._total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass


def _reason(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return f"did not answer in {SECONDS} s"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return f"broke off {ATTEMPTS} times"
    return "cannot be reached"
