"""The pages for people render, escape what they show, and load nothing from outside."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from sandbox.world import World


class Reader(HTMLParser):
    """The tags of a page and the values of its hidden fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def hidden(self) -> dict[str, str]:
        return {a["name"]: a["value"] for tag, a in self.tags if tag == "input" and a.get("type") == "hidden"}

    def actions(self) -> list[str]:
        return [a["action"] for tag, a in self.tags if tag == "form"]


def checkout(world: World, **query: str) -> httpx.Response:
    return world.http.get("/sandbox/razorpay/checkout/", params=query)


def test_every_page_stands_alone(world: World) -> None:
    order_id = world.order(receipt="r-1", notes={"course": "Algebra"})["id"]
    world.pay(order_id)
    for path in ("/sandbox/", "/sandbox/razorpay/", f"/sandbox/razorpay/checkout/?order_id={order_id}"):
        answer = world.http.get(path)
        assert answer.status_code == 200
        assert "script" not in {tag for tag, _ in Reader(answer.text).tags}
        assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", answer.text)


def test_a_checkout_shows_what_is_bought(world: World) -> None:
    order_id = world.order(12345600, receipt="r-1", notes={"course": "Algebra <b>& more</b>"})["id"]
    text = checkout(world, order_id=order_id).text
    assert "₹1,23,456.00" in text
    assert "Shala" in text
    assert "Algebra &lt;b&gt;&amp; more&lt;/b&gt;" in text
    assert "r-1" in text


def test_paying_on_the_page_hands_the_triple_to_the_shop(world: World) -> None:
    order_id = world.order()["id"]
    callback = 'https://shop.example/back?a=1&b="<x>'
    form = Reader(checkout(world, order_id=order_id, callback_url=callback).text)
    assert form.hidden() == {"order_id": order_id, "callback_url": callback}
    result = world.http.post(form.actions()[0], data={**form.hidden(), "outcome": "captured"})
    assert result.status_code == 200
    back = Reader(result.text)
    assert back.actions() == [callback]
    assert world.sdk.utility.verify_payment_signature(back.hidden())
    assert world.sdk.order.fetch(order_id)["status"] == "paid"
    assert "nothing left to pay" in checkout(world, order_id=order_id).text
    assert world.http.post(form.actions()[0], data={**form.hidden(), "outcome": "captured"}).status_code == 400


@pytest.mark.parametrize(("outcome", "status"), [("authorized", "authorized"), ("failed", "failed")])
def test_other_buttons_play_their_outcome(world: World, outcome: str, status: str) -> None:
    order_id = world.order()["id"]
    result = world.http.post("/sandbox/razorpay/checkout/", data={"order_id": order_id, "outcome": outcome})
    assert result.status_code == 200
    assert world.sdk.order.payments(order_id)["items"][0]["status"] == status
    assert ("Try again" in result.text) == (outcome == "failed")


def test_what_a_checkout_refuses(world: World) -> None:
    order_id = world.order()["id"]
    for callback in ("javascript:alert(1)", "//evil.example", "https://", "data:text/html,x", "http://[bad"):
        assert checkout(world, order_id=order_id, callback_url=callback).status_code == 400
        body = {"order_id": order_id, "outcome": "captured", "callback_url": callback}
        assert world.http.post("/sandbox/razorpay/checkout/", data=body).status_code == 400
    unknown = checkout(world, order_id="<script>")
    assert unknown.status_code == 400
    assert unknown.headers["content-type"].startswith("text/html")
    body = {"order_id": order_id, "outcome": "stolen"}
    assert world.http.post("/sandbox/razorpay/checkout/", data=body).status_code == 400
    assert world.sdk.order.payments(order_id)["count"] == 0


def test_the_list_escapes_receipts(world: World) -> None:
    world.order(receipt="<img src=x>")
    text = world.http.get("/sandbox/razorpay/").text
    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text
