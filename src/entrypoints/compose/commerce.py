"""The workflows and reads of commerce, with their adapters."""

from typing import Any

from adapters.printing import PdfInvoices
from adapters.sql.commerce.coupon_queries import SqlCouponQueries
from adapters.sql.commerce.invoices import SqlInvoices
from adapters.sql.commerce.ledger import SqlLedger
from adapters.sql.commerce.offer_queries import SqlOfferQueries
from adapters.sql.commerce.queries import SqlCommerceQueries
from adapters.sql.commerce.revenue import SqlRevenue
from adapters.sql.commerce.store import SqlCommerceStore
from entrypoints.compose.tools import Tools
from entrypoints.settings import Settings
from modules.commerce.bookkeeping import Bookkeeping
from modules.commerce.checkout import Checkout
from modules.commerce.couponing import Couponing
from modules.commerce.disputes import Disputes
from modules.commerce.domain.invoices import InvoiceKind, Supplier
from modules.commerce.invoicing import Invoicing
from modules.commerce.offering import Offering
from modules.commerce.ports import PaymentGateway
from modules.commerce.reconciling import Reconciling
from modules.commerce.refunding import Refunding
from modules.commerce.repaying import Repaying
from modules.commerce.resolving import Resolving
from modules.commerce.returns import Returns
from modules.commerce.settlement import Settlement
from modules.commerce.sharing import Sharing
from modules.commerce.webhooks import Webhooks


def commerce(settings: Settings, tools: Tools, gateway: PaymentGateway) -> dict[str, Any]:
    begin, clock = tools.database.begin(SqlCommerceStore), tools.clock
    settlement, returns, invoices = Settlement(clock), Returns(clock), SqlInvoices(tools.database)
    supplier, disputes = _supplier(settings), Disputes(returns, clock)
    return {
        "checkout": Checkout(begin, gateway, settlement, supplier, tools.randomness, clock),
        "webhooks": Webhooks(begin, gateway, settlement, returns, disputes, clock),
        "reconciling": Reconciling(begin, gateway, settlement, returns, disputes, clock),
        "refunding": Refunding(begin, returns, tools.randomness, clock),
        "repaying": Repaying(begin, gateway, returns, clock),
        "resolving": Resolving(begin, returns, clock),
        "bookkeeping": Bookkeeping(SqlLedger(tools.database), gateway, clock),
        "couponing": Couponing(begin, clock),
        "invoicing": Invoicing(begin, invoices, PdfInvoices(tools.press), supplier, clock),
        "offering": Offering(begin),
        "sharing": Sharing(begin, clock),
        "payments": SqlCommerceQueries(tools.database),
        "revenue": SqlRevenue(tools.database),
        "coupons": SqlCouponQueries(tools.database, clock),
        "offers": SqlOfferQueries(tools.database),
        "invoices": invoices,
    }


def _supplier(settings: Settings) -> Supplier:
    return Supplier(
        name=settings.school_name,
        address=settings.school_address.replace("\\n", "\n"),
        gstin=settings.school_gstin or None,
        state=settings.school_state,
        sac=settings.gst_sac,
        rate_bp=round(settings.gst_percent * 100),
        prefixes={
            InvoiceKind.INVOICE: settings.invoice_prefix,
            InvoiceKind.CREDIT_NOTE: settings.credit_note_prefix,
        },
    )
