"""Markdown to HTML that is safe to show: markdown-it-py renders, nh3 (ammonia) keeps what is allowed."""

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "code": {"class"}, "td": {"align"}}
SCHEMES = {"https", "mailto"}


class SafeMarkdown:
    def __init__(self) -> None:
        self._parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
        self._cleaner = nh3.Cleaner(tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener nofollow")

    def render(self, source: str) -> str:
        return self._cleaner.clean(self._parser.render(source).strip())
