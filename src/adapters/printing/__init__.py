"""Papers as PDF, by fpdf2: certificates and invoices."""

from adapters.printing.certificates import PdfCertificates
from adapters.printing.invoices import PdfInvoices
from adapters.printing.press import Press

__all__ = ["PdfCertificates", "PdfInvoices", "Press"]
