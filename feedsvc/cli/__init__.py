"""The command line: finds the commands, runs one, and reports its errors."""

import ast
import logging
from importlib.util import find_spec
from pathlib import Path

import click

import feedsvc
from feedsvc import plugins
from feedsvc.errors import FeedsvcError

logger = logging.getLogger("feedsvc.cli")

GROUP = "feedsvc.commands"  # of entry points; each names a click command


class _Commands(click.Group):
    """Loads commands from entry points on demand, and reports every error as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return plugins.names(GROUP)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return plugins.load_one(GROUP, cmd_name, click.Command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands with the summaries of their modules, which need no import."""
        with formatter.section("Commands"):
            commands = sorted(plugins.installed(GROUP))
            formatter.write_dl([(each.name, _summary(each.module)) for each in commands])

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except FeedsvcError as error:
            raise click.ClickException(str(error)) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            raise  # the reader closed the pipe; click exits silently
        except Exception as error:
            logger.info("event=failed", exc_info=True)
            raise click.ClickException(
                f"unexpected {type(error).__name__}: {error}; `feedsvc -v ...` shows where"
            ) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(feedsvc.__version__, prog_name="feedsvc")
@click.option("-v", "--verbose", is_flag=True, help="Log activity, not only problems.")
def main(verbose: bool) -> None:
    """Publish stored articles as RSS, Atom and JSON feeds at stable URLs.

    A site is a folder with a feedsvc.toml and a content folder of articles in Markdown or HTML.
    Create one with `feedsvc init`, and serve it with `feedsvc serve`.
    """
    logging.basicConfig(
        level=logging.WARNING,
        format="time=%(asctime)s level=%(levelname)s name=%(name)s %(message)s",
    )
    if verbose:
        logging.getLogger("feedsvc").setLevel(logging.INFO)


def _summary(module: str) -> str:
    """Return the first line of a module's docstring, without its name and without importing it."""
    try:
        spec = find_spec(module)  # imports the package that contains it
        source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
        first = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    except (Exception, SystemExit):  # noqa: BLE001 - of another package, whose command may fail
        return ""
    summary = first.partition(": ")[2] or first
    return summary[:1].upper() + summary[1:]
