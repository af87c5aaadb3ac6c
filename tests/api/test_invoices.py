"""Tax documents: what they say, on screen, on paper and in the mailbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest

from faults.test_commerce_refunds import approve, asked
from worlds import MadeCourse, Person, SandboxClient, World, build_world

SCHOOL = {
    "SHALA_SCHOOL_NAME": "Shala Learning Private Limited",
    "SHALA_SCHOOL_ADDRESS": "12 Market Road\nPune 411001",
    "SHALA_SCHOOL_GSTIN": "27AAPFU0939F1ZV",
}


@pytest.fixture
async def registered(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[World]:
    built = build_world(sqlite_url, sandbox, tmp_path, **SCHOOL)
    yield built
    await built.close()


async def bought(world: World, *, title: str = "हिन्दी Basics", **wanted: str) -> tuple[Person, MadeCourse, str]:
    student, course = await world.person(full_name="आशा राव"), await world.course(title=title)
    answer = await student.post("/api/payments/create_order/", {"course_id": course.id, **wanted})
    assert answer.status_code == 201, answer.text
    paid = await world.sandbox.pay(answer.json()["razorpay_order_id"])
    assert (await student.post("/api/payments/verify_payment/", paid)).json()["status"] == "paid"
    return student, course, f"/api/payments/payments/{answer.json()['payment_id']}"


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize(("state", "names"), [("MH", ("CGST 9 %", "SGST 9 %")), ("CH", ("IGST 18 %",))])
async def test_an_invoice_says_all_that_it_must(registered: World, state: str, names: tuple[str, ...]) -> None:
    student, course, path = await bought(registered, billing_state=state)
    invoice = (await student.get(f"{path}/invoice/")).json()
    assert invoice["supplier"] == {
        "name": SCHOOL["SHALA_SCHOOL_NAME"],
        "address": SCHOOL["SHALA_SCHOOL_ADDRESS"],
        "gstin": SCHOOL["SHALA_SCHOOL_GSTIN"],
        "state": "MH",
    }
    assert invoice["buyer"] == {"name": "आशा राव", "address": "", "gstin": None, "state": state}
    assert (invoice["place_of_supply"], invoice["sac"], invoice["tax_percent"]) == (state, "999293", 18.0)
    parts = ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise")
    assert sum(invoice["tax"][part] for part in parts) == invoice["tax"]["total_paise"] == 49_900
    assert [line["course"]["id"] for line in invoice["lines"]] == [course.id]
    assert len(invoice["number"]) <= 16
    shown = (await student.get(f"{path}/")).json()
    assert shown["invoice_number"] == invoice["number"]
    answer = await student.follow(invoice["pdf_url"])
    assert answer.headers["content-type"] == "application/pdf"
    text = words(answer.content)
    for word in ("Tax invoice", invoice["number"], "Pune 411001", SCHOOL["SHALA_SCHOOL_GSTIN"], "999293", *names):
        assert word in text
    assert (await student.follow(invoice["pdf_url"])).content == answer.content


async def test_a_registered_buyer_is_named_by_the_number_and_its_state(registered: World) -> None:
    student, _, path = await bought(registered, gstin="29AAGCB7383J1Z4")
    invoice = (await student.get(f"{path}/invoice/")).json()
    assert (invoice["buyer"]["gstin"], invoice["place_of_supply"]) == ("29AAGCB7383J1Z4", "KA")
    assert invoice["tax"]["igst_paise"] == 7_612
    course = await registered.course()
    for wrong, field in (
        ({"gstin": "29AAGCB7383J1Z5"}, "gstin"),
        ({"gstin": "29AAGCB7383J1Z4", "billing_state": "MH"}, "billing_state"),
        ({"billing_state": "XX"}, "billing_state"),
    ):
        answer = await student.post("/api/payments/create_order/", {"course_id": course.id, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


async def test_refunds_make_credit_notes_that_add_up(registered: World) -> None:
    student, _, path = await bought(registered)
    payment = (await student.get(f"{path}/")).json()
    for wanted in ({"amount": "100.01"}, {}):
        await approve(registered, await asked(student, payment, **wanted))
        await registered.settle()
    invoice = (await student.get(f"{path}/invoice/")).json()
    notes = (await student.get(f"{path}/credit-notes/")).json()["results"]
    assert [note["number"].split("/")[0] for note in notes] == ["CN", "CN"]
    assert {note["invoice_number"] for note in notes} == {invoice["number"]}
    for part in ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise", "total_paise"):
        assert sum(note["tax"][part] for note in notes) == invoice["tax"][part]
    text = words((await student.follow(notes[0]["pdf_url"])).content)
    assert "Credit note" in text
    assert f"For invoice {invoice['number']}" in text


async def test_a_failed_refunds_credit_note_is_void_and_keeps_its_number(registered: World) -> None:
    student, _, path = await bought(registered)
    payment = (await student.get(f"{path}/")).json()
    await approve(registered, await asked(student, payment))
    await registered.settle()
    auth = (registered.house.settings.razorpay_key_id, registered.sandbox.key_secret)
    made = (
        await registered.sandbox.http.get(
            f"/sandbox/razorpay/v1/payments/{payment['razorpay_pay_id']}/refunds", auth=auth
        )
    ).json()["items"][0]
    settled = {"status": "failed", "webhook": False}
    await registered.sandbox.http.post(f"/sandbox/razorpay/refunds/{made['id']}/settle/", json=settled)
    await registered.house.workflows.repaying.look_at_refunds_of(1)
    [note] = (await student.get(f"{path}/credit-notes/")).json()["results"]
    assert note["cancelled_at"] is not None
    await approve(registered, await asked(student, payment))
    await registered.settle()
    notes = (await student.get(f"{path}/credit-notes/")).json()["results"]
    assert [note["number"][-1] for note in notes] == ["1", "2"]
    assert [note["cancelled_at"] is None for note in notes] == [False, True]


async def test_a_school_without_a_gstin_shows_no_tax(sqlite_world: World) -> None:
    student, _, path = await bought(sqlite_world)
    invoice = (await student.get(f"{path}/invoice/")).json()
    assert invoice["supplier"]["gstin"] is None
    assert (invoice["tax"]["taxable_paise"], invoice["tax"]["igst_paise"], invoice["tax_percent"]) == (49_900, 0, 0.0)
    text = words((await student.follow(invoice["pdf_url"])).content)
    assert "Tax invoice" not in text


async def test_invoices_and_credit_notes_come_by_mail(registered: World) -> None:
    student, _, path = await bought(registered)
    payment = (await student.get(f"{path}/")).json()
    await approve(registered, await asked(student, payment))
    await registered.settle()
    mails = {mail["subject"].split(":")[0].split()[0]: mail for mail in await registered.sandbox.mails(student.email)}
    for subject, name in (("Receipt", "invoice-SH-"), ("Refund", "credit-note-CN-")):
        [attachment] = mails[subject]["attachments"]
        assert attachment["file_name"].startswith(name)
        assert attachment["mime_type"] == "application/pdf"


async def test_tax_documents_are_the_buyers_and_the_administrators(registered: World) -> None:
    student, _, path = await bought(registered)
    stranger, admin = await registered.person(), await registered.admin()
    for tail in ("invoice", "invoice/pdf", "credit-notes"):
        assert (await stranger.get(f"{path}/{tail}/")).status_code == 404
        assert (await admin.get(f"{path}/{tail}/")).status_code == 200
        assert (await student.get(f"{path}/{tail}/")).status_code == 200


async def test_a_tax_return_lists_every_document(registered: World) -> None:
    student, _, path = await bought(registered, gstin="29AAGCB7383J1Z4")
    payment = (await student.get(f"{path}/")).json()
    await approve(registered, await asked(student, payment, amount="99.00"))
    await registered.settle()
    admin = await registered.admin()
    report = (await admin.get("/api/payments/reports/invoices/")).json()["results"]
    assert [(line["kind"], line["total"], line["buyer_gstin"]) for line in report] == [
        ("invoice", "499.00", "29AAGCB7383J1Z4"),
        ("credit_note", "99.00", "29AAGCB7383J1Z4"),
    ]
    assert report[1]["invoice_number"] == report[0]["number"]
    table = await admin.get("/api/payments/reports/invoices/", params={"format": "csv"})
    assert table.text.splitlines()[0].startswith("number,kind,issued_on")
    assert len(table.text.splitlines()) == 3
    none = await admin.get("/api/payments/reports/invoices/", params={"from": "2020-01-01", "to": "2020-02-01"})
    assert none.json()["results"] == []
    refused = await admin.get("/api/payments/reports/invoices/", params={"from": "2025-01-01", "to": "2026-01-01"})
    assert refused.status_code == 400


async def test_what_is_latin_is_printed_in_a_font_that_every_reader_has(registered: World) -> None:
    student, _, path = await bought(registered, title="Español básico", billing_name="José Núñez & Co")
    plain = (await student.get(f"{path}/invoice/pdf/")).content
    assert "José Núñez & Co" in words(plain)
    assert "Español básico" in words(plain)
    assert len(plain) < 5_000
