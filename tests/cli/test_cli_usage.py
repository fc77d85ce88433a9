"""The command line as a whole: help, bad usage, errors in one line, output that nobody reads."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from cli_helpers import Done, the_error

from tests.conftest import Library, Run, clean_environment, command

COMMANDS = ("ingest", "ask", "search", "chat", "sources")


@pytest.mark.parametrize("name", [*COMMANDS, "ui", "serve", "eval", "auth", "auth add", ""])
def test_h_is_help_everywhere(mehealth: Run, name: str) -> None:
    done = mehealth(*name.split(), "-h")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == mehealth(*name.split(), "--help").stdout


def test_the_version(mehealth: Run) -> None:
    done = mehealth("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"mehealth {version('mehealth-rag')}\n"


def python(code: str, home: Path) -> Done:
    """Run code in a process of its own, as the command line is run."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=clean_environment(home),
    )


def test_help_loads_nothing_heavy(home: Path) -> None:
    heavy = "numpy torch chromadb onnxruntime mehealth_eval.run httpx rich ssl".split()
    code = (
        "import sys; sys.argv = ['mehealth', 'eval', '--help']\n"
        "from mehealth_rag.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )
    done = python(code, home)
    assert done.stderr == "[]\n"
    assert "--fail-under" in done.stdout


def test_the_page_without_its_packages_says_how_to_install_them(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['mehealth', 'serve']; sys.modules['gradio'] = None\n"
        "from mehealth_rag.cli import main\n"
        "main()"
    )
    done = python(code, home)
    assert re.search(r"missing \(gradio\); run: pip install", the_error(done, 2))


def test_without_a_command_there_is_help_and_exit_code_2(mehealth: Run) -> None:
    done = mehealth()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == mehealth("--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_common_options(mehealth: Run, name: str) -> None:
    done = mehealth(name, "--help")
    assert done.returncode == 0
    assert {"--corpus", "--index", "--json"} <= set(re.findall(r"--\w+", done.stdout))


BAD_USAGE = [
    ("frobnicate", "no such command 'frobnicate'; see: mehealth --help"),
    ("ingest --bogus",
     "no such option: --bogus (Possible options: --corpus); see: mehealth ingest --help"),
    ("ingest --rebuilt",
     "no such option: --rebuilt (Possible options: --debug, --rebuild); see: mehealth"),
    ("ask two words", "got unexpected extra argument(s) (words); see: mehealth ask --help"),
    ("conflicts guide", "got unexpected extra argument(s) (guide); see: mehealth conflicts --help"),
    ("ask --document", "option '--document' requires an argument; see: mehealth"),
    ("search ferry --top-k 0", "invalid value for '--top-k': Input should be"),
    ("search ferry --top-k many", "invalid value for '--top-k': Input should be"),
    ("ask ''", "the question is empty; ask something"),
    ("ask ' \n'", "the question is empty; ask something"),
    ("ask", "no question given; give one as an argument, or a file with --batch"),
    ("ask Why? --batch in.jsonl", "both 'Why?' and --batch in.jsonl are given; "),
    ("ask Why? --output out.jsonl", "--output out.jsonl goes with --batch; "),
    ("ask Why? --engine magic", "the option --engine is 'magic': input should be '"),
    ("ask Why? --resume", "--resume goes with --batch and --output; give both"),
    ("ask --batch - --resume", "--resume needs the --output file to go on with; name it"),
    ("ask --batch no.jsonl --output out.jsonl", "no.jsonl: there is no such file; check --batch"),
    ("ask --batch in.jsonl --output in.jsonl",
     "in.jsonl: --output would overwrite the --batch file; name another"),
    ("ask --batch in.jsonl --output no/out.jsonl",
     "no/out.jsonl: there is no folder no; check --output"),
    ("check ''", "the claim is empty; state something"),
    ("check", "no claim given; give one as an argument, or a file with --batch"),
    ("check 'It is.' --batch in.jsonl", "both 'It is.' and --batch in.jsonl are given; "),
    ("check 'It is.' --output out.jsonl", "--output out.jsonl goes with --batch; "),
    ("check --batch no.jsonl", "no.jsonl: there is no such file; check --batch"),
    ("check --file no.md", "no.md: there is no such file; check --file"),
    ("check --file draft.md 'It is.'", "--file draft.md goes without a claim, --batch, --output"),
    ("check --file draft.md --batch -", "--file draft.md goes without a claim, --batch"),
    ("check --file draft.wpd {library}",
     "draft.wpd: unknown format 'wpd'; save it as one of pdf, html,"),
    ("check --file draft.pdf {library}",
     "draft.pdf: not a PDF (it does not start like one); get"),
    ("check --file draft.md {library}",
     "draft.md: holds no sentence that claims something; check"),
    ("check --file draft.txt --document x {library}", "no document 'x' in the index; there are: "),
    ("check 'Is a ticket £12?' {library}",
     'a claim is a statement; to ask a question use: mehealth ask "…"'),
    ("conflicts --document x {library}", "no document 'x' in the index; there are: guide"),
    ("guide plans {library}", "no document 'plans' in the index; there are: guide, fees, plan"),
    (f"ask {'y' * 2_001} {{library}}",
     "the question has 2,001 characters; at most 2,000 are read"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "line"), BAD_USAGE)
def test_bad_usage_is_one_line_and_changes_nothing(
    mehealth: Run, library: Library, tmp_path: Path, arguments: str, line: str
) -> None:
    files = dict.fromkeys(("in.jsonl", "draft.md"), "Is it?")
    files |= dict.fromkeys(("draft.wpd", "draft.pdf", "draft.txt"), "It is so.")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    given = shlex.split(arguments.format(library=shlex.join(library.options)))
    assert the_error(mehealth(*given, cwd=tmp_path), 2).startswith(line)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize(
    "arguments", [["ingest"], ["ask", "Why?"], ["check", "It is so."], ["conflicts"], ["fetch"]]
)
def test_no_corpus(mehealth: Run, tmp_path: Path, arguments: list[str]) -> None:
    done = mehealth(*arguments, "--json", "--index", "index", cwd=tmp_path)
    line = the_error(done, 3)
    assert line == "there is no corpus folder corpus; name one with --corpus or MEHEALTH_CORPUS"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "manifest", ["", '[[source]]\nid = "map"\ntitle = "Map"\nfile = "map.pdf"\n']
)
def test_an_empty_corpus(mehealth: Run, tmp_path: Path, manifest: str) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "sources.toml").write_text(manifest)
    for arguments in (["ask", "Why?"], ["ingest"]):
        line = the_error(mehealth(*arguments, "--index", "index", cwd=tmp_path), 3)
        assert "corpus" in line
        assert "add one" in line
    assert not (tmp_path / "index").exists()


def test_a_manifest_with_an_error(mehealth: Run, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "sources.toml").write_text('[[source]]\nid = "map"\n')
    line = the_error(mehealth("ingest", "--index", "index", cwd=tmp_path), 2)
    assert line == "corpus/sources.toml: [[source]] number 1: 'title': field required"


def test_settings_come_from_environment_and_file_too(mehealth: Run, tmp_path: Path) -> None:
    environment = {"MEHEALTH_CORPUS": "from-environment"}
    line = the_error(mehealth("ingest", env=environment, cwd=tmp_path), 3)
    assert line.startswith("there is no corpus folder from-environment;")
    (tmp_path / "mehealth.toml").write_text('corpus = "from-file"')
    line = the_error(mehealth("ingest", env=environment, cwd=tmp_path), 3)
    assert line.startswith("there is no corpus folder from-file;")


def test_a_traceback_only_where_it_is_asked_for(process: Run) -> None:
    arguments = ("ingest", "--corpus", "nowhere", "--index", "index")
    done = process(*arguments, "--debug")
    assert done.returncode != 0
    assert "Traceback (most recent call last)" in done.stderr
    assert "NoIndexError: there is no corpus folder nowhere" in done.stderr
    the_error(process(*arguments), 3)


def test_a_reader_that_goes_away_is_no_error_to_speak_of(library: Library, home: Path) -> None:
    with subprocess.Popen(
        [command(), "ingest", "--json", *library.options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=clean_environment(home),
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        said = done.stderr.read()
    assert done.returncode == 1
    assert "mehealth:" not in said
    assert "Error" not in said


def test_output_that_cannot_be_written_is_one_line(library: Library, home: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with full.open("w") as output:
        done = subprocess.run(
            [command(), "ingest", "--json", *library.options],
            stdout=output,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            env=clean_environment(home),
        )
    *_, line = done.stderr.splitlines()
    assert (done.returncode, line) == (
        1,
        "mehealth: standard output cannot be written (No space left on device); "
        "free the disk or choose another place",
    )
