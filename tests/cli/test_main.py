"""What every command promises: help, exit codes, and messages in place of tracebacks; and show and schema."""

import io
import json
import os
import subprocess
import sys
from importlib import import_module
from runpy import run_module

import pytest

import leadroute as package
from leadroute.cli import main
from leadroute.cli import report as report_command
from leadroute.formats.json_schema import policy_schema
from leadroute.formats.policy_file import load_policy
from leadroute.insight.description import describe_policy, graphviz, mermaid

COMMAND = "import sys; from leadroute.cli import main; sys.exit(main())"


def test_version(leadroute):
    """--version prints the name and the version."""
    ended = leadroute("--version")
    assert (ended.code, ended.out) == (0, f"leadroute {package.__version__}\n")


def test_help_names_commands_and_exit_codes(leadroute):
    """--help lists every command and what the exit codes mean."""
    ended = leadroute("--help")
    assert ended.code == 0
    for word in ("route", "explain", "check", "report", "demo", "exit codes:", "130  interrupted"):
        assert word in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("rout",), "invalid choice: 'rout'"),
        (("route",), "the following arguments are required: --policy, --reps, --leads"),
        (("report", "--sto", "a.db"), "the following arguments are required: --store"),
        (("explain", "--now", "noon"), "'noon' is not an instant; write one such as 2026-03-03T15"),
        (("show", "--policy", "a.toml"), "leadroute show: error: unrecognized arguments: --policy"),
        (("explain", "--now", "0001-01-01T00:00:00+14:00"), "is not an instant; write one such"),
        (("explain", "--now", "9999-12-31T23:59:59Z"), "is not an instant; write one such as"),
        (("show", "."), "leadroute: .: Is a directory"),
        (("explain", "--now", "2026-03-03"), "'2026-03-03' is not an instant; write one such as"),
    ],
)
def test_wrong_words(leadroute, words, said):
    """A command line that cannot be read ends with exit code 2 and says what is wrong."""
    ended = leadroute(*words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize("option", ["--policy", "--reps", "--leads"])
def test_missing_files(leadroute, given, option):
    """A file that is not there is named in one line, with exit code 2."""
    ended = leadroute("route", *given, option, "none.csv")
    assert ended.code == 2
    assert ended.err == "leadroute: none.csv: No such file or directory\n"


def test_bad_header(leadroute, given, write):
    """A file whose header cannot be right ends the command with exit code 2."""
    write("leads.csv", "id,contry\nL-1,US\n")
    ended = leadroute("route", *given)
    assert ended.code == 2
    assert ended.err.startswith("leadroute: leads.csv:1: ")
    assert "country" in ended.err


def raising(error, monkeypatch):
    """Make `leadroute report` end with an error."""

    def run(options, screen):
        raise error

    monkeypatch.setattr(report_command, "run", run)


def test_interrupt(leadroute, monkeypatch):
    """Ctrl-C ends a command with exit code 130 and one line."""
    raising(KeyboardInterrupt(), monkeypatch)
    ended = leadroute("report", "--store", "a.db")
    assert (ended.code, ended.err) == (130, "leadroute: interrupted\n")


def test_error_of_the_system_without_a_file(leadroute, monkeypatch):
    """An error of the operating system that names no file is told with what it says."""
    raising(OSError("disk full"), monkeypatch)
    assert leadroute("report", "--store", "a.db").err == "leadroute: disk full\n"


def test_reader_that_goes_away(files):
    """A reader that goes away, such as head, ends the command without a word."""
    (files / "leads.csv").write_text(
        "id,employees,industry,budget\n" + "".join(f"L-{n},,,0\n" for n in range(2000)),
        encoding="utf-8",
    )
    words = ["route", "--policy", "policy.toml", "--reps", "reps.csv", "--leads", "leads.csv"]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", COMMAND, *words],
        cwd=files,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (1, b"")


def test_broken_pipe(capfd, monkeypatch):
    """After a broken pipe, standard output leads nowhere, so that Python's last flush cannot fail."""
    raising(BrokenPipeError(), monkeypatch)
    kept = os.dup(1)
    try:
        with os.fdopen(os.dup(1), "w") as out:
            monkeypatch.setattr(sys, "stdout", out)
            assert main(["report", "--store", "a.db"]) == 1
            print("lost")
    finally:
        os.close(kept)
    assert capfd.readouterr() == ("", "")


def test_streams_speak_utf8(monkeypatch, given):
    """Input and output are UTF-8 whatever the locale says, and a byte that is none is a bad row."""
    raw = io.BytesIO("id,budget\nMüller,5\nB\xe4r,5\n".encode("latin-1"))
    stdin = io.TextIOWrapper(raw, encoding="ascii")
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
    for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
        monkeypatch.setattr(sys, name, stream)
    raw.write("id,budget\nMüller,5\n".encode())
    raw.seek(0)
    assert main(["route", *given, "--leads", "-"]) == 1
    assert '"Müller","offered"' in stdout.buffer.getvalue().decode()
    assert b"<stdin>:3: " in stderr.buffer.getvalue()


def test_only_text_streams_are_changed():
    """A stream that is no file is left as it is."""
    stream = io.StringIO()
    import_module("leadroute.cli.main")._speak_utf8(stream)
    assert stream.encoding is None


def test_the_package_is_the_command(monkeypatch, capsys):
    """``python -m leadroute`` is the command, with its exit code; importing it starts nothing."""
    import_module("leadroute.__main__")
    assert not capsys.readouterr().out
    monkeypatch.delitem(sys.modules, "leadroute.__main__")
    monkeypatch.setattr(sys, "argv", ["leadroute", "--version"])
    with pytest.raises(SystemExit) as left:
        run_module("leadroute", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("leadroute ")


def test_plain_words(leadroute, given):
    """A policy is told in plain words."""
    ended = leadroute("show", "policy.toml")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == describe_policy(load_policy("policy.toml")) + "\n"


def test_pictures(leadroute, given):
    """With --mermaid or --graphviz it is drawn, and with both the command is wrong."""
    router = load_policy("policy.toml")
    assert leadroute("show", "policy.toml", "--mermaid").out == mermaid(router)
    assert leadroute("show", "policy.toml", "--graphviz").out == graphviz(router)
    assert leadroute("show", "policy.toml", "--graphviz", "--mermaid").code == 2


def test_missing(leadroute, given):
    """A policy that is not there is told in one line."""
    ended = leadroute("show", "gone.toml")
    assert (ended.code, ended.err) == (2, "leadroute: gone.toml: No such file or directory\n")


def test_printed(leadroute):
    """The schema is printed as JSON, for an editor to keep."""
    ended = leadroute("schema")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == policy_schema()
