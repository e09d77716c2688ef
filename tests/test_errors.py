import copy
import pickle

import pytest

import leadroute
from leadroute import errors
from leadroute.errors import (
    ArgumentError,
    ConfigError,
    ConflictError,
    ExpressionError,
    FieldError,
    FieldTypeError,
    InvalidTransitionError,
    LeadNotFoundError,
    LeadrouteError,
    MissingAttributeError,
    MissingExtraError,
    NewerFormatError,
    NotOfferedError,
    OfferExpiredError,
    PolicyError,
    RowError,
    TransactionRequiredError,
    TransientError,
    TruthError,
    UnknownFieldError,
    UnknownOutcomeError,
    ValidationError,
    nearest,
    say_where,
)

FAULTS = (
    FieldError("capacity", "is -1; write 0 or more"),
    FieldError("level", "is 'x'; write a number"),
)
EXAMPLES = [
    (LeadrouteError("plain"), "plain"),
    (ConfigError("is empty"), "is empty"),
    (ConfigError("is empty", "rule[2].when"), "rule[2].when: is empty"),
    (
        PolicyError([ConfigError("is empty", "rule[0].name"), TruthError("write &")], "p.toml"),
        "p.toml.rule[0].name: is empty\np.toml: write &",
    ),
    (UnknownFieldError("lead", "contry", ("country",)), "did you mean 'country'?"),
    (UnknownFieldError("pool", "x", ("emea",), "rule 'a'"), "rule 'a': there is no pool named 'x'"),
    (ExpressionError("write ==", 1, 2, "a = b\n ^", "when"), "when: line 1, column 2: write =="),
    (TruthError("write & instead"), "write & instead"),
    (NewerFormatError("Lead", "L-1", 3, 1), "Lead of lead 'L-1' is stored in format 3"),
    (NewerFormatError("TurnCredit", "", 2, 1), "TurnCredit is stored in format 2; this"),
    (ArgumentError("Rep", "needs id; write Rep('ada')"), "Rep needs id; write Rep('ada')"),
    (MissingAttributeError("Ranking", "winner", "best"), "Ranking has no 'winner'; write best"),
    (MissingAttributeError("Ranking", "x"), "Ranking has no 'x'"),
    (
        ValidationError("Rep", "ada", FAULTS),
        "Rep 'ada': capacity is -1; write 0 or more; level is 'x'",
    ),
    (ValidationError("Rep", "", FAULTS), "Rep: capacity is -1"),
    (RowError("leads.csv", 7, FAULTS), "leads.csv:7: capacity is -1"),
    (FieldTypeError("now", "naive", "aware"), "now is naive; it must be aware"),
    (FieldTypeError("f", "text", "a number", "r", "L-1"), "rule 'r', lead 'L-1': f is text"),
    (ConflictError("limit", "rep/open/ada", 20), "'rep/open/ada' would leave its bounds (now 20)"),
    (ConflictError("duplicate", "submit/L-1", "L-1"), "has been done before (now 'L-1')"),
    (ConflictError("version", "placement/L-1", 0), "has changed since it was read (now 0)"),
    (ConflictError("gone", "17"), "'17' is no longer pending; nothing was written"),
    (ConflictError("odd", "k"), "'k' odd; nothing was written"),
    (
        UnknownOutcomeError("disk I/O error"),
        "the store gave no answer to a commit (disk I/O error)",
    ),
    (TransientError("database is locked"), "the store was busy (database is locked)"),
    (
        TransactionRequiredError("SqliteTransaction", "begin first"),
        "is not in a transaction; begin first",
    ),
    (LeadNotFoundError("L-1"), "no placement for lead 'L-1'; submit the lead first"),
    (
        InvalidTransitionError("L-1", "accept", "ada", "it is waiting"),
        "'ada' cannot accept lead 'L-1': it is",
    ),
    (
        InvalidTransitionError("L-1", "contact", "", "it is waiting"),
        "cannot contact lead 'L-1': it is waiting",
    ),
    (
        NotOfferedError("L-1", "accept", "ada", "it is offered to 'bob'"),
        "'ada' cannot accept lead 'L-1': it is offered to 'bob'",
    ),
    (
        OfferExpiredError("L-1", "decline", "ada", "the offer ended"),
        "'ada' cannot decline lead 'L-1': the offer ended",
    ),
    (MissingExtraError("reports", "html"), "reports needs an extra: pip install 'leadroute[html]'"),
]


def families(kind=LeadrouteError):
    """Every error class there is."""
    return {kind}.union(*(families(each) for each in kind.__subclasses__()))


def test_every_error_is_among_the_examples():
    """A new error needs an example here, and stands in the module's list."""
    ours = {kind for kind in families() if kind.__module__.startswith("leadroute.errors")}
    assert {type(error) for error, _ in EXAMPLES} == ours
    assert {kind.__name__ for kind in ours} <= set(errors.__all__)


@pytest.mark.parametrize(("error", "text"), EXAMPLES, ids=lambda given: type(given).__name__)
def test_every_error_says_and_survives(error, text):
    """The text says what happened; pickling and copying keep type, text and attributes."""
    assert text in str(error)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert repr(vars(twin)) == repr(vars(error))
        assert repr(twin.args) == repr(error.args)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ConfigError, ValueError),
        (TruthError, TypeError),
        (ValidationError, ValueError),
        (RowError, ValueError),
        (FieldTypeError, TypeError),
        (LeadNotFoundError, LookupError),
        (MissingExtraError, ImportError),
    ],
)
def test_errors_are_also_what_python_calls_them(kind, builtin):
    """A host that knows nothing of leadroute can catch them as the built-in kind."""
    assert issubclass(kind, builtin)
    assert issubclass(kind, LeadrouteError)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("p", "when"),
        TruthError("p", "when"),
        UnknownFieldError("lead", "x", ("y",), "when"),
        ExpressionError("p", 1, 1, "", "when"),
    ],
)
def test_a_place_grows_outwards(error):
    """Each level puts its place before what is known already, and the kind of error stays."""
    moved = error.at("rule[2]").at("policy.toml")
    assert type(moved) is type(error)
    assert str(moved).startswith("policy.toml.rule[2].when: ")
    placeless = type(error)(*error.args[:-1]).at("rule[2]")
    assert str(placeless).startswith("rule[2]: ")


def test_an_unknown_name_lists_what_there_is():
    """With nothing near, the known names are listed, but never hundreds of them."""
    few = UnknownFieldError("pool", "zzz", ("emea", "apac"))
    assert str(few) == "there is no pool named 'zzz'; known: emea, apac"
    many = UnknownFieldError("rep in the roster", "zzz", tuple(f"rep {n}" for n in range(20)))
    assert str(many).endswith("rep 10, rep 11 and 8 more")
    assert str(UnknownFieldError("step", "zzz")) == "there is no step named 'zzz'"
    own = "rep has no field 'zzz'; an attribute of your own is rep['zzz']"
    assert str(UnknownFieldError("rep", "zzz")) == own


def test_a_fact_error_keeps_what_it_knows():
    """Rule and lead are added once, by whoever knows them first."""
    error = FieldTypeError("f", "text", "a number", "r")
    say_where(error, "other", "L-1")
    assert (error.rule, error.lead_id) == ("r", "L-1")
    assert str(error) == str(pickle.loads(pickle.dumps(error)))


def test_faults_are_values():
    """Faults compare, hash and print by what they say."""
    fault = FieldError("level", "is -1; write 0 or more")
    assert fault == FieldError("level", "is -1; write 0 or more") != FieldError("level", "x")
    assert fault != "level"
    assert len({fault, FieldError("level", "is -1; write 0 or more")}) == 1
    assert repr(fault) == "FieldError('level', 'is -1; write 0 or more')"


def test_nothing_near():
    """A name like no other gets no suggestion."""
    assert nearest("zzz", ["country"]) is None


def test_the_public_names_are_there():
    """`from leadroute import *` works, is sorted, and brings every promised name."""
    found = {}
    exec("from leadroute import *", found)
    assert set(leadroute.__all__) <= set(found)
    assert len(leadroute.__all__) == len(set(leadroute.__all__))
    assert leadroute.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="'leadroute' has no attribute 'nope'"):
        _ = leadroute.nope


def test_errors_of_a_policy_stay_one_when_they_are_placed():
    """Many errors are one error, which names all of them and the place further out."""
    found = PolicyError([ConfigError("is odd", "a"), ConfigError("is even", "b")])
    assert found.problem == "a: is odd\nb: is even"
    assert str(found.at("policy")).splitlines() == [
        "policy.a: is odd",
        "policy.b: is even",
    ]
