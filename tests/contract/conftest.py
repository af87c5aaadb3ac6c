"""An S3-compatible server over HTTP, for what keeps files."""

import logging
import uuid
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from adapters.storage.s3 import s3_store

REGION = "ap-south-1"
KEYS = {"access_key_id": "contract-key", "secret_access_key": "contract-secret"}


class Bucket:
    """An empty bucket of its own: as the adapters reach it, and as an operator looks into it."""

    def __init__(self, endpoint: str) -> None:
        self.name = f"shala-{uuid.uuid4().hex[:12]}"
        self.store = s3_store(bucket=self.name, region=REGION, endpoint=endpoint, **KEYS)
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=KEYS["access_key_id"],
            aws_secret_access_key=KEYS["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}),
        )
        self._client.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def names(self) -> list[str]:
        return [found["Key"] for found in self._client.list_objects_v2(Bucket=self.name).get("Contents", [])]

    def unfinished(self) -> list[str]:
        """Uploads in parts that were begun, cost money, and show up nowhere else."""
        return [found["Key"] for found in self._client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])]

    def read(self, key: str) -> tuple[bytes, dict[str, str]]:
        found = self._client.get_object(Bucket=self.name, Key=key)
        return found["Body"].read(), found["ResponseMetadata"]["HTTPHeaders"]

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str) -> Iterator[Bucket]:
    made = Bucket(s3_endpoint)
    yield made
    made.close()
