"""Where videos may come from. No address that a person types is ever fetched by the server."""

import re
from urllib.parse import parse_qs, urlsplit

from core.errors import Invalid
from modules.learning.domain.catalogue import ContentType, Media, Provider

YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtube-nocookie.com"}
VIMEO_HOSTS = {"vimeo.com", "www.vimeo.com", "player.vimeo.com"}
YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
VIMEO_ID = re.compile(r"[0-9]{6,12}")
DOCUMENT_TYPES = {
    "application/pdf",
    "text/plain",
    "text/markdown",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
}
VIDEO_TYPES = {"video/mp4", "video/webm"}
FILE_TYPES = {ContentType.VIDEO: VIDEO_TYPES, ContentType.DOCUMENT: DOCUMENT_TYPES}
"""What a content's own file can be."""


def hosted_video(url: str) -> Media:
    """The video that a YouTube or Vimeo address names.

    :raises Invalid: another host or scheme, or no video id in it.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise Invalid.field("video_url", "Not an address.") from None
    host = parts.netloc.lower()  # whole: with a user or a port in it, it is none of the hosts
    if parts.scheme != "https" or host not in YOUTUBE_HOSTS | VIMEO_HOSTS:
        raise Invalid.field("video_url", "Only https addresses of YouTube and Vimeo; upload other videos as a file.")
    path = [part for part in parts.path.split("/") if part]
    last = path[-1] if path else ""
    if host in VIMEO_HOSTS:
        if VIMEO_ID.fullmatch(last):
            return Media(provider=Provider.VIMEO, ref=last)
    else:
        video_id = parse_qs(parts.query).get("v", [last])[0]
        if YOUTUBE_ID.fullmatch(video_id):
            return Media(provider=Provider.YOUTUBE, ref=video_id)
    raise Invalid.field("video_url", "There is no video id in this address.")


def names_video(provider: Provider, ref: str) -> bool:
    """Whether this can be a video's id at its host, or (unchecked here) a key in our own storage."""
    patterns = {Provider.YOUTUBE: YOUTUBE_ID, Provider.VIMEO: VIMEO_ID}
    return provider not in patterns or patterns[provider].fullmatch(ref) is not None


def embed_url(media: Media) -> str:
    """The player's address for a hosted video."""
    if media.provider is Provider.YOUTUBE:
        return f"https://www.youtube-nocookie.com/embed/{media.ref}"
    return f"https://player.vimeo.com/video/{media.ref}"
