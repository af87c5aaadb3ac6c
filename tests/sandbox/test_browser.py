"""The sandbox's pages in a real browser: a person pays at the checkout, a merchant refunds, a bank disputes.

The browser is headless Chromium, driven by Playwright; SHALA_TEST_CHROMIUM names another than the one on the path.
"""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from worlds import World

CHROMIUM = os.environ.get("SHALA_TEST_CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
NO_BROWSER = "LOUD: there is no Chromium, so the sandbox's pages were used by no browser."


@pytest.fixture
async def browser() -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip(NO_BROWSER)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        yield page
        await chromium.close()
        assert [error for error in errors if "status of 400" not in error] == []


async def test_a_person_pays_and_a_merchant_refunds(sqlite_world: World, browser: Page) -> None:
    world = sqlite_world
    student, course = await world.person(), await world.course()
    order, base = await world.order(student, course), world.sandbox.base
    await browser.goto(f"{base}/sandbox/razorpay/checkout/?order_id={order['razorpay_order_id']}")
    await browser.get_by_role("button", name="Pay ₹499.00").click()
    assert await browser.locator("h1").inner_text() == "Paid"
    values = await browser.locator("dd").all_inner_texts()
    proof = dict(zip(("razorpay_order_id", "razorpay_payment_id", "razorpay_signature"), values, strict=True))
    assert (await student.post("/api/payments/verify_payment/", proof)).json()["status"] == "paid"

    await browser.goto(f"{base}/sandbox/razorpay/")
    await browser.get_by_role("link", name=proof["razorpay_payment_id"]).click()
    await browser.get_by_label("Rupees").fill("99.50")
    await browser.get_by_role("button", name="Refund").click()
    assert "₹99.50" in await browser.locator("main").inner_text()
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    [refund] = (await student.get("/api/payments/refunds/")).json()["results"]
    assert (refund["origin"], refund["refund_amount"], refund["status"]) == ("gateway", "99.50", "processed")

    await browser.get_by_role("button", name="The bank sends it back").click()
    assert await browser.locator(".badge.bad").inner_text() == "failed"
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    assert (await student.get("/api/payments/refunds/")).json()["results"][0]["status"] == "failed"
    await browser.get_by_role("button", name="Open").click()
    await browser.get_by_role("button", name="Lost").click()
    assert "dispute lost" in await browser.locator(".status").first.inner_text()
    await browser.set_viewport_size({"width": 360, "height": 740})  # a phone
    width = await browser.evaluate("document.documentElement.scrollWidth")
    assert width <= 360


async def test_what_does_not_work_is_said_on_the_page(sqlite_world: World, browser: Page) -> None:
    order = await sqlite_world.order(await sqlite_world.person(), await sqlite_world.course())
    paid = await sqlite_world.sandbox.pay(order["razorpay_order_id"])
    address = f"{sqlite_world.sandbox.base}/sandbox/razorpay/payments/{paid['razorpay_payment_id']}/"
    for typed, said in (("600", "greater than"), ("abc", "rupees"), ("1.005", "two decimals"), ("0.5", "INR 1.00")):
        await browser.goto(address)
        await browser.get_by_label("Rupees").fill(typed)
        async with browser.expect_response(lambda answer: answer.request.method == "POST") as answered:
            await browser.get_by_role("button", name="Refund").click()
        assert (await answered.value).status == 400
        assert said in await browser.locator("main").inner_text()
