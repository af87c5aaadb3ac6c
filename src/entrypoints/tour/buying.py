"""The tour's steps about money: a coupon, an invoice, and a refund that ends access."""

from collections.abc import Callable

from entrypoints.seeding.demo_world import ADMIN, COUPON, PASSWORD
from entrypoints.tour.expecting import Body, expect, patiently
from entrypoints.tour.walk import Walk

PDF = b"%PDF-"


def coupon(walk: Walk) -> str:
    body = {"code": COUPON.lower(), "course_id": walk.course["id"]}
    checked = walk.post("/api/payments/coupons/check/", body)
    expect("The price", checked["price"], walk.course["price"])
    expect("price - discount", checked["price_paise"] - checked["discount_paise"], checked["amount_paise"])
    walk.price = checked["amount"]
    walk.post("/api/payments/coupons/check/", {**body, "code": "NO-SUCH-CODE"}, 400, code="invalid_coupon")
    return f"{checked['code']}: {checked['price']} → {checked['amount']}"


def order(walk: Walk) -> str:
    body = {"course_id": walk.course["id"], "coupon_code": COUPON, "billing_state": "KA"}
    walk.order = walk.post("/api/payments/create_order/", body, 201)
    expect("The amount", walk.order["amount"], walk.price)
    again = walk.post("/api/payments/create_order/", body, 200)
    expect("The repeated order", again["razorpay_order_id"], walk.order["razorpay_order_id"])
    return f"{walk.order['currency']} {walk.order['amount']}, repeated: the same"


def pay(walk: Walk) -> str:
    walk.proof = walk.pay(walk.order["razorpay_order_id"])
    return str(walk.proof["razorpay_payment_id"])


def verify_payment(walk: Walk) -> str:
    first = walk.post("/api/payments/verify_payment/", walk.proof)
    again = walk.post("/api/payments/verify_payment/", walk.proof)
    for body in (first, again):
        expect("status", body["status"], "paid")
        expect("has_access of the enrolment", (body["enrollment"] or {}).get("has_access"), True)
    expect("The repeat's enrolment", again["enrollment"]["id"], first["enrollment"]["id"])
    walk.payment_id = first["payment"]["id"]
    return f"paid and enrolled ({first['enrollment']['source']}), repeated: the same"


def receipt(walk: Walk) -> str:
    body = walk.get(f"/api/payments/payments/{walk.payment_id}/receipt/")
    expect("The receipt's amount", body["amount"], walk.order["amount"])
    mail = walk.mail(f"Receipt {body['number']}")
    expect("The receipt's course in the mail", walk.course["title"] in mail["text"], True)
    expect("The attachments", [one["mime_type"] for one in mail["attachments"]], ["application/pdf"])
    return f"{body['number']}, by mail too, with the invoice"


def invoice(walk: Walk) -> str:
    body = walk.get(f"/api/payments/payments/{walk.payment_id}/invoice/")
    tax = body["tax"]
    parts = [tax[f"{name}_paise"] for name in ("taxable", "cgst", "sgst", "igst")]
    expect("The sum of the invoice's parts", sum(parts), walk.order["amount_paise"])
    expect("The place of supply", body["place_of_supply"], "KA")
    printed = walk.read(body["pdf_url"])
    expect("The first bytes of the PDF", printed[: len(PDF)], PDF)
    return f"{body['number']}, {len(printed)} bytes of PDF"


def ask_refund(walk: Walk) -> str:
    body = {"payment_id": walk.payment_id, "reason": "Just looking around"}
    refund = walk.post("/api/payments/refunds/", body, 201)
    expect("status", refund["status"], "requested")
    walk.post("/api/payments/refunds/", body, 409, code="refund_open")
    walk.refund_id = refund["id"]
    return f"{refund['currency']} {refund['refund_amount']}, one at a time"


def approve_refund(walk: Walk) -> str:
    """The demo's administrator decides, at another desk."""
    tokens = walk.post("/api/accounts/login/", {"email": ADMIN.email, "password": PASSWORD})
    own, walk.token = walk.token, tokens["access_token"]
    try:
        approved = walk.post(f"/api/payments/refunds/{walk.refund_id}/approve/", {"admin_notes": "With our regrets"})
        expect("ends_access", approved["ends_access"], True)
        walk.post("/api/accounts/logout/", status=204)
    finally:
        walk.token = own
    lesson = walk.course["modules"][0]["contents"][1]
    walk.get(f"/api/courses/contents/{lesson['id']}/", 403, code="enrolment_expired")
    return "the lessons are closed with the answer"


def refunded(walk: Walk) -> str:
    refund = _processed(walk)
    expect("admin_notes", refund["admin_notes"], "With our regrets")
    payment = walk.get(f"/api/payments/payments/{walk.payment_id}/")
    expect("The payment's status", payment["status"], "refunded")
    (note,) = walk.get(f"/api/payments/payments/{walk.payment_id}/credit-notes/")["results"]
    expect("The credit note's total", note["tax"]["total_paise"], walk.order["amount_paise"])
    walk.mail("Refund: ")
    return f"{refund['status']}, credit note {note['number']} by mail"


def _processed(walk: Walk) -> Body:
    def look() -> Body | None:
        refunds: list[Body] = walk.get("/api/payments/refunds/")["results"]
        found = next(one for one in refunds if one["id"] == walk.refund_id)
        return found if found["status"] == "processed" else None

    return patiently(look, lambda: f"The refund is not processed: {walk.last}")


BUYING: dict[str, Callable[[Walk], str]] = {
    "A coupon": coupon,
    "Order": order,
    "Pay at Razorpay": pay,
    "Verify the payment": verify_payment,
    "Receipt": receipt,
    "Invoice": invoice,
}
RETURNING: dict[str, Callable[[Walk], str]] = {
    "Ask the money back": ask_refund,
    "An administrator approves": approve_refund,
    "Refunded": refunded,
}
