"""The commands, one module each; what they do is done in the rooms below."""

import logging
from importlib import import_module

import click

import feedsvc
from feedsvc.errors import FeedsvcError

logger = logging.getLogger("feedsvc.cli")


# Each is in a module of its name, which is read when it is asked for: a serving process has no use
# for the others.
COMMANDS = ("init", "import", "serve", "sync", "check", "build", "feeds", "ids")


class _Commands(click.Group):
    """Shows every error as one line; of one that nobody foresaw, --verbose shows the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = "import_" if cmd_name == "import" else cmd_name
        found: click.Command = getattr(import_module(f"feedsvc.cli.{name}"), name)
        return found

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except FeedsvcError as error:
            raise click.ClickException(str(error)) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            raise  # who reads the output has read enough; click ends without a word
        except Exception as error:
            logger.info("event=failed", exc_info=True)
            raise click.ClickException(
                f"unexpected {type(error).__name__}: {error}; `feedsvc -v ...` shows where"
            ) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(feedsvc.__version__, prog_name="feedsvc")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done, not only what is wrong.")
def main(verbose: bool) -> None:
    """Publish stored articles as RSS, Atom and JSON feeds at stable URLs.

    A site is a folder with a feedsvc.toml and a content folder of articles in Markdown or HTML.
    Begin one with `feedsvc init`, and see it with `feedsvc serve`.
    """
    logging.basicConfig(
        level=logging.WARNING,
        format="time=%(asctime)s level=%(levelname)s name=%(name)s %(message)s",
    )
    if verbose:
        logging.getLogger("feedsvc").setLevel(logging.INFO)
