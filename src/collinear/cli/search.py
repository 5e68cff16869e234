"""The command ``search``: the list of the API, with its words, filters and orders."""

from typing import Annotated, Any

import typer

from collinear.cli import configure
from collinear.cli.options import DataDir, Json

_OURS = ("words", "as_json", "data_dir")
Values = list[str] | None


def _any(name: str, example: str) -> Any:
    return typer.Option(name, metavar="VALUE", help=f"Any of these, such as {example}; repeatable.")


def _bound(name: str, words: str) -> Any:
    return typer.Option(name, metavar="N", help=words)


def _moment(name: str, words: str) -> Any:
    return typer.Option(name, metavar="DATE", help=f"{words}, such as 2026-01-31; inclusive.")


def search(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="All must match; none: the whole catalog. After --, -WORD leaves out what has it."
        ),
    ] = None,
    sort_by: Annotated[
        str | None,
        typer.Option(
            "--sort-by",
            metavar="F",
            help="downloads, likes, size_bytes, last_modified, created_at, trending_score, id, "
            "or relevance (with words).",
        ),
    ] = None,
    sort_order: Annotated[
        str | None, typer.Option("--sort-order", metavar="asc|desc", help="Upwards or downwards.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="1 to 1000 datasets (default: 10).")
    ] = None,
    offset: Annotated[
        int | None, typer.Option("--offset", metavar="N", help="How many to leave out before.")
    ] = None,
    cursor: Annotated[
        str | None,
        typer.Option("--cursor", metavar="TEXT", help="The next_cursor that --json told."),
    ] = None,
    author: Annotated[Values, _any("--author", "allenai")] = None,
    tag: Annotated[
        Values, typer.Option("--tag", metavar="VALUE", help="All of these tags; repeatable.")
    ] = None,
    license: Annotated[Values, _any("--license", "mit")] = None,
    language: Annotated[Values, _any("--language", "en")] = None,
    task: Annotated[Values, _any("--task", "question-answering")] = None,
    modality: Annotated[Values, _any("--modality", "image")] = None,
    format: Annotated[Values, _any("--format", "parquet")] = None,
    library: Annotated[Values, _any("--library", "polars")] = None,
    size_category: Annotated[Values, _any("--size-category", "'1K<n<10K'")] = None,
    impact_level: Annotated[Values, _any("--impact-level", "high")] = None,
    gated: Annotated[Values, _any("--gated", "false, true, auto or manual")] = None,
    min_downloads: Annotated[int | None, _bound("--min-downloads", "At least so many.")] = None,
    max_downloads: Annotated[int | None, _bound("--max-downloads", "At most so many.")] = None,
    min_likes: Annotated[int | None, _bound("--min-likes", "At least so many.")] = None,
    max_likes: Annotated[int | None, _bound("--max-likes", "At most so many.")] = None,
    min_size_bytes: Annotated[int | None, _bound("--min-size-bytes", "At least so large.")] = None,
    max_size_bytes: Annotated[int | None, _bound("--max-size-bytes", "At most so large.")] = None,
    modified_after: Annotated[str | None, _moment("--modified-after", "From then on")] = None,
    modified_before: Annotated[str | None, _moment("--modified-before", "Until then")] = None,
    created_after: Annotated[str | None, _moment("--created-after", "From then on")] = None,
    created_before: Annotated[str | None, _moment("--created-before", "Until then")] = None,
    facets: Annotated[
        Values,
        typer.Option(
            "--facets",
            metavar="LIST",
            help="Count what fits by these, such as license,created_at:histogram.",
        ),
    ] = None,
    facet_limit: Annotated[
        int | None,
        typer.Option(
            "--facet-limit", metavar="N", help="Values of each facet (default: 10; --json: all)."
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="With --json: the parts of each item's score.")
    ] = False,
    highlight: Annotated[
        bool, typer.Option("--highlight", help="With --json: where each item has the words.")
    ] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Search, filter and order the catalog, as the API does."""
    settings = configure.load_running(data_dir=data_dir)

    import anyio

    from collinear.cli import asking, counts, output, queries, tables

    asked = {name: value for name, value in context.params.items() if name not in _OURS}
    if facets and facet_limit is None and not as_json:
        asked["facet_limit"] = counts.SHOWN
    query = queries.parse({**asked, "search": " ".join(words or []) or None})
    listing, hub = anyio.run(asking.find, settings, query)
    if as_json:
        from collinear.api import answers

        output.json_bytes(bytes(answers.page(listing, query, {}).body))
    else:
        output.table(tables.page(listing, query, hub))
        if listing.facets:
            output.table(counts.tables(listing.facets))
