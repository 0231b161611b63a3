"""Partial runs: one run whose feeds and fetches arrive in several calls."""

from __future__ import annotations

from typing import Any

from evergraph.core.errors import InvalidArgumentError
from evergraph.runtime.feeds import flatten_feeds


class PartialRun:
    """A handle of `Session.partial_run_setup`.

    Each call sees all feeds given so far. Tensors computed in one call are kept and fed to the
    next, so that nothing, random numbers included, is computed twice.
    """

    def __init__(self, session: Any, fetches: Any, feeds: Any) -> None:
        graph = session.graph
        self._session = session
        self._fetches = {
            graph.as_graph_element(f)
            for f in (fetches if isinstance(fetches, list | tuple) else [fetches])
        }
        if not self._fetches:
            raise InvalidArgumentError(
                None, None, "Must specify at least one target to fetch or execute."
            )
        self._feeds = {graph.as_graph_element(f, allow_operation=False) for f in feeds or ()}
        self._given: dict[Any, Any] = {}
        self._done: set[Any] = set()

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """Compute `fetches` from all that was fed so far and `feed_dict`."""
        graph = self._session.graph
        for tensor, value in flatten_feeds(graph, feed_dict or {}):
            if tensor not in self._feeds:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"The feed {tensor.name} was not specified in partial_run_setup.",
                )
            if tensor in self._given:
                raise InvalidArgumentError(
                    None, None, f"The feed {tensor.name} has already been fed."
                )
            self._given[tensor] = value
        wanted = list(fetches) if isinstance(fetches, list | tuple) else [fetches]
        elements = [graph.as_graph_element(fetch) for fetch in wanted]
        for element in elements:
            if element not in self._fetches:
                raise InvalidArgumentError(
                    None, None, f"The fetch {element.name} was not specified in partial_run_setup."
                )
            if element in self._done:
                raise InvalidArgumentError(
                    None, None, f"The fetch {element.name} has already been fetched."
                )
            self._done.add(element)
        results = self._session.run(wanted, dict(self._given))
        for element, value in zip(elements, results, strict=True):
            if value is not None:
                self._given[element] = value
        return results if isinstance(fetches, list | tuple) else results[0]
