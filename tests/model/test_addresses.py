import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.model.given import Refused, domain, email, phone

# What is given and what it means; None for refused. Behind each its source.
EMAILS = [
    ("ann@example.com", "ann@example.com"),
    (" Ann.B+c@Example.COM ", "ann.b+c@example.com"),
    ("mailto:ann@example.com", "ann@example.com"),  # copied from a page
    ("mailto:ann@example.com?subject=Hi", "ann@example.com"),  # RFC 6068
    ("Ann Lee <ann@example.com>", "ann@example.com"),  # copied from a mail, RFC 5322
    ("\u200bann@example.com\u00a0", "ann@example.com"),  # pasted from a web page
    ("ann@Müller.de", "ann@xn--mller-kva.de"),  # RFC 5891
    ("ann@xn--mller-kva.de", "ann@xn--mller-kva.de"),
    ("ann@straße.de", "ann@xn--strae-oqa.de"),  # IDNA 2008; IDNA 2003 has strasse.de
    ("o'brien@example.co.uk", "o'brien@example.co.uk"),
    ("ann@localhost", "ann@localhost"),  # a mail server of one's own
    ("ann@example.com; bo@example.com", None),  # two addresses in one cell
    ("ann@example.com, bo@example.com", None),
    ("ann@example.com bo@example.com", None),
    ("ann@@example.com", None),
    ("ann", None),
    ("@example.com", None),
    ("ann@", None),
    ("4.479E+11", None),  # a phone number in the wrong column, shortened by Excel
    ("ann lee@example.com", None),
    ("ann@exa mple.com", None),
    ("ann@-example.com", None),
    (f"{'a' * 250}@example.com", None),  # RFC 5321 allows 254
]
DOMAINS = [
    ("example.com", "example.com"),
    ("Example.COM.", "example.com"),
    ("https://www.Example.com/about?x=1#top", "example.com"),  # the column Website
    ("http://user:pw@example.com:8080/", "example.com"),
    ("www.sons.example", "sons.example"),  # real_files.json, hdr-suitecrm-export
    ("www.com", "www.com"),
    ("example.com/about", "example.com"),
    ("//cdn.example.com", "cdn.example.com"),
    ("straße.de", "xn--strae-oqa.de"),
    ("strasse.de", "strasse.de"),
    ("Mu\u0308ller.de", "xn--mller-kva.de"),  # an accent of its own
    ("例え。jp", "xn--r8jz45g.jp"),  # the full stop of Japanese
    ("Βόλος.gr", "xn--nxasmm1c.gr"),  # the final sigma, UTS 46
    ("\uff25\uff38\uff21\uff2d\uff30\uff2c\uff25.com", "example.com"),  # letters of full width
    ("xn--mller-kva.de", "xn--mller-kva.de"),
    ("ශ්\u200dරී.com", "xn--10cl1a0b660p.com"),  # a joiner that counts, RFC 5892
    ("localhost", None),
    ("10.0.0.1", None),  # an address of a machine
    ("exam\u200dple.com", None),  # a joiner that nobody sees
    ("exam\u034fple.com", None),
    ("\u0301a.com", None),  # a mark without a letter
    ("a..com", None),
    ("-a.com", None),
    ("i\u2764.ws", None),  # symbols are not in IDNA 2008
    (f"{'a' * 64}.com", None),
    ("a b.com", None),
    ("https://", None),
]


@pytest.mark.parametrize(("written", "expected"), EMAILS)
def test_email_addresses_as_people_paste_them(written, expected):
    """A text is one address, or it is refused without being repeated."""
    if expected is None:
        with pytest.raises(Refused) as refused:
            email(written)
        assert "ann" not in str(refused.value)
    else:
        assert email(written) == expected
        assert email(expected) == expected


@pytest.mark.parametrize(("written", "expected"), DOMAINS)
def test_domains_as_people_paste_them(written, expected):
    """A domain is compared as IDNA 2008 has it; a website gives its domain."""
    if expected is None:
        with pytest.raises(Refused, match="write a domain such as"):
            domain(written)
    else:
        assert domain(written) == expected
        assert domain(expected) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+1 555 0100", "+1 555 0100"),
        ("p:+15550100", "+15550100"),  # Meta lead ads
        ("tel:+15550100", "+15550100"),  # RFC 3966
        ("'+15550100", "+15550100"),  # Excel's mark of text
        ("(807) 555-0192 ext. 5", "(807) 555-0192 ext. 5"),
        ("01150000052", "01150000052"),
        ("--", None),
        ("p:", None),
        ("", None),
    ],
)
def test_phone_numbers_stay_as_given(written, expected):
    """What a program has put before a number comes off; nothing else changes."""
    assert phone(written) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("4.479E+11", "is a number that a spreadsheet has shortened"),
        (5550100, "is withheld (personal data) of type int; write text"),
    ],
)
def test_phone_numbers_that_have_lost_digits(given, problem):
    """A number that a program has changed is refused, and not repeated."""
    with pytest.raises(Refused) as refused:
        phone(given)
    assert str(refused.value).startswith(problem)


def test_addresses_that_are_not_known():
    """What says that nothing is known is None."""
    assert email("n/a") is domain("-") is email(None) is domain(float("nan")) is None


def test_long_domains_are_read_as_well():
    """A website longer than what is kept in memory gives its domain."""
    assert domain(f"https://example.com/{'a' * 200}") == "example.com"


@given(st.from_regex(r"[a-zäöüßé\u03b1-\u03c90-9]{1,12}\.(de|com)", fullmatch=True))
def test_domains_agree_with_idna(name):
    """A domain of letters and digits is what the package idna makes of it."""
    idna = pytest.importorskip("idna")
    assert domain(name) == idna.encode(name, uts46=True).decode()
