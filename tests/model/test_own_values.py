"""Numbers, instants, addresses and domains as other programs write them, each with the source that says so.

The sources, by their short names: CLDR is unicode.org/cldr (number and date patterns of a locale), Excel is
support.microsoft.com (number formats), RFC is rfc-editor.org, and a program's name stands for its manual or its export.
"""

from datetime import UTC, datetime

import pytest

from leadroute.model.given import Refused, domain, email, moment, number

NO = Refused
"""A value with two readings, or with none."""

# Given, the declared decimal sign, and the number.
NUMBERS = [
    ("1\u202f234,56\u00a0\u20ac", None, 1234.56),  # CLDR fr
    ("1.234.567,89", None, 1234567.89),  # CLDR de
    ("12.345.678", None, 12345678),  # CLDR de
    ("1,234,567.89", None, 1234567.89),  # CLDR en
    ("\u20b912,34,567.00", None, 1234567),  # CLDR en-IN
    ("1,23,456", None, 123456),  # CLDR en-IN
    ("12.34.567", None, NO),  # no locale of CLDR groups by twos with a point: a version, or a date
    ("12 34 567", None, NO),
    ("\u00a51,234,567", None, 1234567),  # CLDR ja
    ("\u00a550,000", None, NO),
    ("\u00a550,000", ".", 50000),  # CLDR ja
    ("CHF\u00a01\u2019234.50", None, 1234.5),  # CLDR de-CH
    ("1'000'000", None, 1000000),  # Swiss Excel
    ("kr\u00a01\u00a0234,50", None, 1234.5),  # CLDR nb
    ("1\u00a0234,50\u00a0kr", None, 1234.5),  # CLDR sv
    ("1.234,50\u00a0kr.", None, 1234.5),  # CLDR da
    ("1234,50\u00a0z\u0142", None, 1234.5),  # CLDR pl
    ("1\u00a0234,50\u00a0K\u010d", None, 1234.5),  # CLDR cs
    ("1234,50\u00a0Ft", None, 1234.5),  # CLDR hu
    ("R\u00a01\u00a0234,50", None, 1234.5),  # CLDR en-ZA
    ("R1 234,50", None, 1234.5),  # South African Excel
    ("1.234,50\u00a0TL", None, 1234.5),  # Turkish invoices
    ("NT$1,234.50", None, 1234.5),  # CLDR en, the new Taiwan dollar
    ("HK$1,234.50", None, 1234.5),  # CLDR en
    ("S$1,000.50", None, 1000.5),  # MAS, the Singapore dollar
    ("Rs. 1,00,000", None, 100000),  # Indian Excel
    ("1 000 000,00 $", None, 1000000),  # CLDR fr-CA
    ("USD1,234.50", None, 1234.5),  # ISO 4217
    ("1.234,50 EUR", None, 1234.5),  # DATEV
    ("1.234,50-", None, -1234.5),  # SAP: the sign stands behind
    ("1,234.50-", None, -1234.5),  # SAP in English
    ("\u20ac\u00a0-1.234,50", None, -1234.5),  # CLDR nl
    ("($1,234.50)", None, -1234.5),  # Excel, the currency format
    ("$ (1,234.50)", None, -1234.5),  # Excel, the accounting format
    (
        "$ -",
        None,
        NO,
    ),  # Excel writes a zero so in the accounting format; elsewhere a dash means not known
    ("50,-", None, NO),  # Dutch prices without cents, and not -50
    ("50.-", None, NO),  # Swiss prices
    ("10-", None, -10),  # SAP
    ("RM 1,234.50", None, 1234.5),  # CLDR ms
    ("Rp\u00a01.000.000", None, 1000000),  # CLDR id
    ("'1000", None, 1000),  # Excel's mark of text
    ("=1000", None, NO),  # Excel, a formula
    ("#N/A", None, NO),  # Excel, an error
    ("0,500", None, 0.5),  # nobody groups behind a zero
    ("-1.234", None, NO),
    ("(1.234)", ",", -1234),
    ("1.234", ".", 1.234),
    ("1234,567", None, 1234.567),  # four digits are no group
    ("1.000.000", ".", NO),  # the declared sign twice
    ("9223372036854775807", None, 2**63 - 1),  # a bigint of SQL
    ("1E3", None, NO),  # what is behind the exponent may be lost: Excel
    ("1_000", None, NO),  # Python alone
    ("0x1F", None, NO),
    ("1/2", None, NO),
    ("\u00bd", None, NO),
    ("10\u00b2", None, NO),
    ("~500", None, NO),
    (">1000", None, NO),
    ("500 - 999", None, NO),  # Salesforce, a pick list
    ("10,001+", None, NO),  # LinkedIn
    ("2,5 Mio. \u20ac", None, NO),
    ("$1.2M", None, NO),
    ("1,000 employees", None, NO),
    ("TRUE", None, NO),
    ("2024-06-01", None, NO),
    ("10.12.2024", None, NO),  # a date
    ("192.168.0.1", None, NO),  # an address
]
JUNE = "2024-06-01T08:12:00"
# Given, the declared order, and the instant in UTC; the zone of those without an offset is UTC.
MOMENTS = [
    ("6/1/2024, 8:12 AM", "mdy", JUNE),  # Salesforce Lightning
    (
        "6/1/2024, 8:12\u202fAM",
        "mdy",
        JUNE,
    ),  # CLDR 42 en, as browsers and Salesforce write it since 2023
    ("Jun 1, 2024, 8:12\u202fAM", None, JUNE),  # CLDR 42 en, medium
    ("June 1, 2024 at 8:12\u202fAM", None, JUNE),  # CLDR en, long
    ("Saturday, June 1, 2024 at 8:12 AM", None, JUNE),  # CLDR en, full
    ("1 June 2024 at 08:12", None, JUNE),  # CLDR en-GB, long
    ("01/06/2024, 08:12", "dmy", JUNE),  # CLDR en-GB, short
    ("01/06/2024, 08:12", None, NO),
    ("01.06.2024, 08:12", "dmy", JUNE),  # CLDR de, medium
    ("01.06.24, 08:12", "dmy", JUNE),  # CLDR de, short
    ("01.06.24, 08:12", None, NO),
    ("01/06/2024 08:12", "dmy", JUNE),  # CLDR fr, short
    ("2024/06/01 8:12", None, JUNE),  # CLDR ja, medium
    ("2024-06-01 08:12", None, JUNE),  # CLDR sv; HubSpot's export
    ("2024-6-1 8:12", None, JUNE),  # CLDR zh, an older form
    ("2024-06-01T08:12:00.000Z", None, JUNE),  # Salesforce Data Loader
    ("2024-06-01T08:12:00.000+0000", None, JUNE),  # Salesforce REST
    ("2024-06-01T08:12:00Z", None, JUNE),  # Dynamics 365, OData
    ("2024-06-01T03:12:00-05:00", None, JUNE),  # Meta lead ads
    ("2024-06-01T10:12:00+02:00", None, JUNE),  # Zoho REST
    ("2024-06-01T10:12:00,000+02:00", None, JUNE),  # ISO 8601: a comma before the fraction
    ("2024-06-01 08:12:00.0000000", None, JUNE),  # SQL Server, datetime2
    ("2024-06-01 08:12:00.000000+00", None, JUNE),  # PostgreSQL, timestamptz
    ("2024-06-01 08:12:00 +0000 UTC", None, NO),  # Go, String(): for people to read
    ("Sat Jun 01 2024 10:12:00 GMT+0200 (Central European Summer Time)", None, JUNE),  # ECMA-262
    ("Sat, 01 Jun 2024 08:12:00 GMT", None, JUNE),  # RFC 9110, IMF-fixdate
    ("Sat, 1 Jun 2024 10:12:00 +0200 (CEST)", None, JUNE),  # RFC 5322 with a comment
    ("1-Jun-24 8:12", None, JUNE),  # Excel d-mmm-yy
    ("01-JUN-24", None, "2024-06-01T00:00:00"),  # Oracle DD-MON-RR
    ("01-Jun-2024", None, "2024-06-01T00:00:00"),  # Zoho
    ("1 Jun 70", None, "1970-06-01T00:00:00"),  # POSIX and Oracle
    ("2024.06.01", None, "2024-06-01T00:00:00"),  # Chinese and Hungarian exports
    ("6/1/2024 12:00 AM", "mdy", "2024-06-01T00:00:00"),  # midnight
    ("6/1/2024 12:30 PM", "mdy", "2024-06-01T12:30:00"),
    ("6/1/2024 0:30 AM", "mdy", NO),  # no clock of twelve hours has a 0
    ("13/06/2024", None, "2024-06-13T00:00:00"),  # no month 13
    ("29/02/2024", None, "2024-02-29T00:00:00"),
    ("29/02/2023", None, NO),
    ("31/06/2024", "dmy", NO),
    ("Jun 1st, 2024", None, "2024-06-01T00:00:00"),
    ("4 sept. 2024", None, "2024-09-04T00:00:00"),  # CLDR fr
    ("4 mai 2024", None, NO),  # CLDR fr: in English alone are months named
    ("1. Juni 2024", None, NO),  # CLDR de
    ("2024\u5e746\u67081\u65e5", None, NO),  # CLDR ja, long
    ("June 2024", None, NO),
    ("Q2 2024", None, NO),
    ("2024-153", None, NO),  # ISO 8601, the day of the year
    ("2024-06-01T24:00:00Z", None, NO),
    ("2024-06-01T08:12:60Z", None, NO),  # a leap second that was none
    ("2024-06-01 08:12:00 CET", None, NO),  # an abbreviation
    ("2024-06-01T08:12:00 Europe/Berlin", None, NO),
    ("/Date(1717229554000)/", None, NO),  # ASP.NET
    ("1717229554000", None, NO),  # HubSpot's API
    ("45444.34", None, NO),  # Excel's day number
    ("today", None, NO),
    ("0000-00-00 00:00:00", None, NO),  # MySQL
]
EMAILS = [
    ("Ann.Lee+crm@Sub.Example.CO.UK", "ann.lee+crm@sub.example.co.uk"),
    ('"Lee, Ann" <ann@example.com>', "ann@example.com"),  # RFC 5322, a phrase in quotes
    ("<ann@example.com>", "ann@example.com"),
    ("ann@example.com\r\n", "ann@example.com"),
    ("ann@3com.com", "ann@3com.com"),  # RFC 1123: a label may begin with a digit
    ("ann-b@my-firm.example", "ann-b@my-firm.example"),
    ("a.lee.@docomo.ne.jp", "a.lee.@docomo.ne.jp"),  # NTT Docomo has given such addresses
    ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),  # RFC 3492
    ("\u7528\u6237@\u4f8b\u5b50.\u516c\u53f8", "\u7528\u6237@xn--fsqu00a.xn--55qx5d"),  # RFC 6531
    ("Ann <ann@example.com>, Bo <bo@example.com>", NO),
    ("ann(at)example.com", NO),
    ("ann at example dot com", NO),
    ("ann@[192.168.0.1]", NO),  # RFC 5321, an address of a machine
    ("ann@192.168.0.1", NO),
    ("ann@example..com", NO),
    ("ann@exam_ple.com", NO),  # RFC 1123 has no underscore, and no registry gives one
    (
        "ann@my_shop.example.com",
        "ann@my_shop.example.com",
    ),  # a name of one's own in the DNS may have one, RFC 2181
    ("ann@example.com/about", NO),
    ("ann@example.com:25", NO),
    ("http://ann@example.com", NO),
    ("ann@example.com>", NO),
]
DOMAINS = [
    ("HTTPS://WWW.EXAMPLE.CO.UK/Path?x=1", "example.co.uk"),
    ("https://example.com:8443", "example.com"),
    ("https://ann@example.com/", "example.com"),
    ("example.com?utm_source=x", "example.com"),
    ("example.com#top", "example.com"),
    ("www2.example.com", "www2.example.com"),
    ("fa\u00df.de", "xn--fa-hia.de"),  # RFC 5894
    ("\u00f6bb.at", "xn--bb-eka.at"),
    ("m\u00fcnchen.de", "xn--mnchen-3ya.de"),
    ("espa\u00f1ol.es", "xn--espaol-zwa.es"),
    ("\u65e5\u672c\u8a9e.jp", "xn--wgv71a119e.jp"),
    ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
    ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    ("xn--a.com", NO),  # U+0080, a control character
    ("xn--99999999.com", NO),  # nothing in RFC 3492
    ("xn--strasse-.de", NO),  # RFC 5891: a label of ASCII alone is not encoded
    ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
    ("ftp://example.com", NO),
    ("ann@example.com", NO),
    ("example", NO),
    ("example.com, example.org", NO),
    ("256.1.1.1", NO),  # a number is no top-level domain
    ("a_b.com", NO),
    ("localhost:3000", NO),
]


def read(reader, *given):
    """What a value is read as; ``NO`` when it is refused."""
    try:
        return reader(*given)
    except Refused:
        return NO


@pytest.mark.parametrize(("written", "decimal", "expected"), NUMBERS)
def test_number_of_another_program(written, decimal, expected):
    """A number is read as its source means it, or refused."""
    assert read(number, written, decimal) == expected


@pytest.mark.parametrize(("written", "order", "expected"), MOMENTS)
def test_instant_of_another_program(written, order, expected):
    """An instant is read as its source means it, or refused."""
    found = read(moment, written, "UTC", order)
    assert found == (NO if expected is NO else datetime.fromisoformat(expected).replace(tzinfo=UTC))


@pytest.mark.parametrize(("written", "expected"), EMAILS)
def test_email_address_of_another_program(written, expected):
    """An address is one that mail can be sent to, in one form, or refused."""
    assert read(email, written) == expected


@pytest.mark.parametrize(("written", "expected"), DOMAINS)
def test_domain_of_another_program(written, expected):
    """A domain is that of its website in ASCII, or refused."""
    assert read(domain, written) == expected
