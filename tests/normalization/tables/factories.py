"""Rows of tables, and recipes over them, fitted without a registry."""

import pyarrow as pa

from registry.documents import NO_REJECTIONS, Outcome, split_sources, with_sources
from registry.domain.recipe import Recipe
from registry.normalization.building import complete_step
from registry.normalization.tables.pipeline import TablePipeline
from registry.normalization.tables.statistics import Measured, make_statistic
from registry.normalization.tables.values import Ordered


class Memory:
    """Values of columns, kept in memory under the name of their place."""

    def __init__(self):
        self.held = {}

    def new(self):
        return _Place(self, str(len(self.held)))

    def read(self, place):
        return (values.to_numpy() for values in self.held[place])


class _Place:
    def __init__(self, memory, name):
        self._memory, self._name = memory, name
        memory.held[name] = []

    def write(self, values):
        self._memory.held[self._name].append(values)

    def finish(self):
        return self._name if self._memory.held[self._name] else None


def recipe_of(*steps):
    """Return a recipe of steps, each a name and its parameters."""
    completed = [complete_step(name, given, where="test") for name, given in steps]
    return Recipe(name="test", version="1.0.0", steps=tuple(completed))


def rows_of(columns, sources=None):
    """Return the rows of some columns as a reader yields them."""
    batch = pa.RecordBatch.from_pydict(columns)
    names = sources or [f"t.csv#{row}" for row in range(1, len(batch) + 1)]
    return with_sources(batch, pa.array(names, pa.string()))


def cut(rows, sizes):
    """Return the same rows in batches of some sizes; the rest is the last one."""
    start, batches = 0, []
    for size in (*sizes, len(rows)):
        batches.append(Outcome(rows.slice(start, size), NO_REJECTIONS))
        start = min(start + size, len(rows))
    return batches


def fit(recipe, units):
    """Return a recipe fitted to units, each a list of batches, as the run of a version is."""
    memory = Memory()
    for at in range(TablePipeline(recipe).num_fitting_passes):
        table = TablePipeline(recipe)
        steps = enumerate(zip(table.steps, table.passes, strict=True))
        places = [place for place, (step, ready) in steps if step.needs and ready == at]
        totals = {place: _begin(table, place, memory) for place in places}
        for unit in units:
            found = {place: _begin(table, place, memory, new=True) for place in places}
            for outcome in unit:
                table.observe(outcome, at, found)
            for place in places:
                for total, part in zip(totals[place], found[place], strict=True):
                    total.merge(part.state)
        learned = list(recipe.fitted or ({},) * len(recipe.steps))
        for place in places:
            learned[place] = dict(table.steps[place].fit(totals[place]))
        recipe = recipe.model_copy(update={"fitted": tuple(learned)})
    return recipe


def _begin(table, place, memory, *, new=False):
    return [
        Ordered(memory.new() if new else None, memory.read)
        if need.measured is Measured.ORDER
        else make_statistic(need)
        for need in table.steps[place].needs
    ]


def apply(recipe, batches):
    """Return the kept rows of all batches as a table, and what was rejected: row and reason."""
    table = TablePipeline(recipe)
    processed = [table(outcome) for outcome in batches]
    kept = pa.Table.from_batches([split_sources(one.kept)[1] for one in processed])
    rejected = [
        (row["file"], row["row"], row["reason"])
        for one in processed
        for batch in one.rejected
        for row in batch.to_pylist()
    ]
    return kept, rejected


def fit_apply(recipe, columns):
    """Return the rows of one batch by a recipe that was fitted to it, and the fitted recipe."""
    batches = cut(rows_of(columns), ())
    fitted = fit(recipe, [batches])
    return apply(fitted, batches)[0], fitted


def undo(fitted, table):
    """Return a table as it was before a fitted recipe."""
    rows = table.combine_chunks().to_batches()[0]
    inverse = fitted.model_copy(update={"is_inverse": True})
    return apply(inverse, [Outcome(with_sources(rows, _sources(rows)), NO_REJECTIONS)])[0]


def _sources(rows):
    return pa.array([f"t#{row}" for row in range(len(rows))], pa.string())
