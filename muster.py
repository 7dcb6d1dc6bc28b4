"""The command line: one table of verbs; each lives in the package that does the work and is imported when used."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from tenancy.terminal import Format

ERROR = 2
INTERRUPTED = 130


class Verb(NamedTuple):
    """Where a verb lives and what it does, in one line."""

    module: str
    help: str


VERBS: Mapping[str, Verb] = {
    "check": Verb("policies.commands.check", "check an environment or manifests against the rules"),
    "rule": Verb("policies.commands.rule", "print the manual page of a rule, or the table of all"),
    "render": Verb("scheduling.commands.render", "write an environment's Kubernetes objects as YAML"),
    "diff": Verb("scheduling.commands.diff", "say what a change means, object by object, by team"),
    "simulate": Verb("simulator.commands.simulate", "replay a job history through the scheduler's decisions"),
    "compare": Verb("simulator.commands.compare", "pair two runs on the same jobs"),
    "explain": Verb("simulator.commands.explain", "say why a job waits, until when, and what would start it now"),
    "trace": Verb("simulator.commands.trace", "look at, convert, generate and fetch job histories"),
    "conform": Verb("simulator.commands.conform", "replay recorded scheduler decisions and compare"),
    "schema": Verb("tenancy.commands.schema", "write the JSON Schema of the YAML files, for editors"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; what it cannot use is said in a line, never in a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(_help())
        return 0
    if arguments[0] == "--version":
        sys.stdout.write(f"muster {version('muster')}\n")
        return 0
    _print_anything()
    if arguments[0] not in VERBS:
        from tenancy.mistakes import did_you_mean
        from tenancy.terminal import print_error

        hint = did_you_mean(arguments[0], VERBS)
        print_error(f"there is no verb {arguments[0]!r}{hint}; see muster --help", _format(arguments))
        return ERROR
    return _run(arguments[0], arguments[1:])


def _print_anything() -> None:
    """Let characters that the terminal's encoding lacks be printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _help() -> str:
    lines = [f"  {name:<10}{verb.help}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "Usage: muster VERB [ARGUMENTS]   (muster VERB --help has examples)",
            "",
            "Tenancy as code for GPU clusters that run Kueue and Volcano.",
            "",
            *lines,
            "",
            "Example: muster check stacks/prod",
            "",
        ]
    )


def _format(arguments: list[str]) -> "Format":
    """Return the format that *arguments* ask for, also where they cannot be read otherwise."""
    from tenancy.terminal import Format

    words = " ".join(arguments)
    return Format.JSON if "--format json" in words or "--format=json" in words else Format.TEXT


def _run(verb: str, arguments: list[str]) -> int:
    import typer

    from tenancy.errors import MusterError
    from tenancy.terminal import print_error

    output = _format(arguments)
    command = typer.main.get_command(import_module(VERBS[verb].module).app)
    usage_error = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
    try:
        code = int(command.main(arguments, prog_name=f"muster {verb}", standalone_mode=False) or 0)
        sys.stdout.flush()
        if code == INTERRUPTED:  # typer's answer to Ctrl-C, which it does not say
            raise KeyboardInterrupt
    except MusterError as error:
        print_error(error, output)
        return ERROR
    except usage_error as error:
        print_error(f"{error.format_message()} (see muster {verb} --help)", output)
        return ERROR
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        print_error(f"{error.filename or 'output'}: {error.strerror}", output)
        return ERROR
    return code


if __name__ == "__main__":
    sys.exit(main())
