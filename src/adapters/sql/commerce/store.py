"""Commerce's store: its parts over one transaction."""

from adapters.sql.commerce.coupons import SqlCouponStore
from adapters.sql.commerce.invoices import SqlInvoiceStore
from adapters.sql.commerce.money import SqlMoneyStore
from adapters.sql.commerce.offers import SqlOfferStore
from adapters.sql.commerce.payments import SqlPaymentStore
from adapters.sql.commerce.refunds import SqlReturnStore
from adapters.sql.commerce.shares import SqlShareStore


class SqlCommerceStore(
    SqlPaymentStore, SqlOfferStore, SqlCouponStore, SqlMoneyStore, SqlReturnStore, SqlInvoiceStore, SqlShareStore
):
    """What commerce's workflows ask of the database; which of it each needs is its port's to say."""
