"""An S3 bucket, or what lies below a prefix of one. Where it is versioned, every version and delete marker counts."""

import errno
from collections.abc import Iterator
from datetime import UTC
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Any

from dsr.core.errors import (
    DsrError,
    InstallError,
    StoreUnreachableError,
    TransientError,
    UnknownOutcomeError,
)
from dsr.stores.objects.listing import Bound, Entry, Refusals

_AT_ONCE = 1000  # what one DeleteObjects takes
_PIECE = 1 << 20
_OPTIONS = ("key", "secret", "token", "endpoint_url")

Row = dict[str, Any]
"""A row of an S3 answer, as the driver gives it; it does not leave this module."""


class BucketPlace:
    """The driver is imported and the bucket looked at when this is made."""

    def __init__(self, store: str, bucket: str, prefix: str, options: dict[str, str]) -> None:
        self._store, self._bucket, self._prefix = store, bucket, prefix
        s3fs = _driver()
        region = {"region_name": options["region"]} if "region" in options else {}
        self._fs = s3fs.S3FileSystem(
            **{name: options[name] for name in _OPTIONS if name in options},
            anon=options.get("anon") == "true",
            client_kwargs=region,
            config_kwargs={"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}},
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        self._fs.retries = 2  # the client below it tries again by itself
        self._ask("head_bucket")
        self.versioned = self._has_versions()

    def prefixes(self) -> Iterator[str]:
        """The common prefixes below the root, and "" when an object lies directly in it."""
        direct = False
        seen = ""
        for page in self._pages(Bound("", shallow=True)):
            for row in page.get("CommonPrefixes", ()):
                name = row["Prefix"][len(self._prefix) :]
                if name != seen:
                    yield name
                seen = name
            direct = direct or any(True for _ in self._rows(page, Bound("", shallow=True)))
        if direct:
            yield ""

    def listing(self, bound: Bound) -> Iterator[Entry]:
        """The keys inside the bound, in their order; of versioned buckets also those that are marked as deleted."""
        return self._grouped(self._pages(bound), bound)

    def remove(self, entries: list[Entry], refusals: Refusals) -> None:
        """Remove every version, up to 1,000 in one request."""
        gone = [self._named(entry.key, version) for entry in entries for version in entry.versions]
        for at in range(0, len(gone), _AT_ONCE):
            objects = gone[at : at + _AT_ONCE]
            try:
                answer = self._call("delete_objects", Delete={"Objects": objects, "Quiet": True})
            except PermissionError:
                for one in objects:
                    refusals.add("AccessDenied", self._key(one))
            except self._errors() as error:
                raise self._unknown(error) from error
            else:
                for row in answer.get("Errors", ()):
                    refusals.add(str(row.get("Code", "unknown")), self._key(row))

    def left(self, bound: Bound, entries: list[Entry]) -> set[str]:
        """By listing the same stretch of keys again."""
        keys = {entry.key for entry in entries}
        last = max(keys)
        # The first key without its last character comes before it, with next to nothing between.
        after = "" if bound.exact else self._prefix + min(keys)[:-1]
        again = takewhile(lambda entry: entry.key <= last, self._grouped(self._pages(bound, after), bound))
        return {entry.key for entry in again if entry.key in keys}

    def content(self, key: str, version: str | None) -> Iterator[bytes]:
        """The bytes of the object, or of that version of it; nothing where only delete markers are left."""
        if self.versioned and version is None:
            return
        from fsspec.asyn import sync

        answer = self._ask("get_object", **self._named(key, version))
        body = answer["Body"]
        try:
            while piece := sync(self._fs.loop, body.read, _PIECE):
                yield piece
        except self._errors() as error:
            raise TransientError(
                f"Store {self._store!r}: an object's content stopped coming ({type(error).__name__}). Run it again."
            ) from error
        finally:
            body.close()

    def close(self) -> None:
        """Close the connections."""
        client, self._fs._s3 = self._fs._s3, None
        if client is not None:
            self._fs.close_session(self._fs.loop, client)

    def _grouped(self, pages: Iterator[Row], bound: Bound) -> Iterator[Entry]:
        held: list[Row] = []
        for page in pages:
            for key, group in groupby(self._rows(page, bound), key=itemgetter("Key")):
                if held and held[0]["Key"] != key:
                    yield self._entry(held)
                    held = []
                held.extend(group)  # a key's versions may go on in the next page
        if held:
            yield self._entry(held)

    def _pages(self, bound: Bound, after: str = "") -> Iterator[Row]:
        """The answers of the listing, in the order of keys."""
        asked: Row = {"Prefix": self._prefix + bound.text}
        if bound.shallow:
            asked["Delimiter"] = "/"
        if bound.exact and not self.versioned:
            asked["MaxKeys"] = 1  # the key itself comes before all that begin with it
        if after:
            asked["KeyMarker" if self.versioned else "StartAfter"] = after
        while True:
            page = self._ask("list_object_versions" if self.versioned else "list_objects_v2", **asked)
            yield page
            done = bound.exact and page.get("NextKeyMarker") != asked["Prefix"]
            if done or not page.get("IsTruncated"):
                return
            if self.versioned:
                asked |= {"KeyMarker": page["NextKeyMarker"]}
                asked |= {"VersionIdMarker": page["NextVersionIdMarker"]} if page.get("NextVersionIdMarker") else {}
            else:
                asked.pop("StartAfter", None)
                asked |= {"ContinuationToken": page["NextContinuationToken"]}

    def _rows(self, page: Row, bound: Bound) -> Iterator[Row]:
        rows = [*page.get("Contents", ()), *page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        wanted = self._prefix + bound.text
        for row in sorted(rows, key=itemgetter("Key")):
            if row["Key"] == wanted or not bound.exact:
                yield row

    def _entry(self, rows: list[Row]) -> Entry:
        key = self._key(rows[0])
        real = [row for row in rows if "Size" in row]
        newest = max(real or rows, key=lambda row: (bool(row.get("IsLatest")), row["LastModified"]))
        return Entry(
            key,
            int(newest.get("Size", 0)),
            newest["LastModified"].astimezone(UTC),
            newest.get("ETag", "").strip('"') or None,
            newest.get("VersionId") if real else None,
            tuple(row.get("VersionId") for row in rows),
        )

    def _key(self, row: Row) -> str:
        return str(row["Key"])[len(self._prefix) :]

    def _named(self, key: str, version: str | None) -> Row:
        return {"Key": self._prefix + key} | ({} if version is None else {"VersionId": version})

    def _has_versions(self) -> bool:
        """Also of a bucket whose versioning was switched off later: it still keeps what it had."""
        try:
            status = self._call("get_bucket_versioning").get("Status")
        except OSError as error:
            if error.errno == errno.ENOSYS:
                return False
            raise StoreUnreachableError(
                f"Store {self._store!r}: the bucket does not say whether it keeps versions ({type(error).__name__}). "
                "Allow s3:GetBucketVersioning to this user: without it, old versions would be missed."
            ) from error
        return status is not None

    def _ask(self, action: str, **asked: object) -> Row:
        try:
            return self._call(action, **asked)
        except self._errors() as error:
            raise self._unreachable(error) from error

    def _call(self, action: str, **asked: object) -> Row:
        answer: Row = self._fs.call_s3(action, Bucket=self._bucket, **asked)
        return answer

    def _errors(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
        from fsspec.exceptions import FSTimeoutError

        return OSError, BotoCoreError, ClientError, FSTimeoutError

    def _unreachable(self, error: Exception) -> DsrError:
        return StoreUnreachableError(
            f"Store {self._store!r}: the bucket {self._bucket!r} did not answer ({type(error).__name__}). "
            "Check `url`, endpoint and credentials in the policy, and the user's right to list and read the bucket."
        )

    def _unknown(self, error: Exception) -> DsrError:
        return UnknownOutcomeError(
            f"Store {self._store!r}: the bucket {self._bucket!r} did not say whether it removed a batch "
            f"({type(error).__name__}). Run the command again: it looks first."
        )


def _driver() -> Any:  # noqa: ANN401 - the driver has no types
    try:
        import s3fs
    except ImportError as error:
        raise InstallError("Stores in S3 need a driver. Install it: pip install 'dsr[s3]'.") from error
    return s3fs
