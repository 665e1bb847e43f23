"""A plan for training in words and cells."""

from registry.domain.quantities import format_count, format_percent
from registry.domain.report_answers import PlannedRun, TrainingPlan

PLAN_COLUMNS = ("by", "parameters", "tokens read", "epochs", "FLOPs")


def plan_sentence(plan: TrainingPlan) -> str:
    """Return what to train, as a sentence."""
    run = plan.within_policy
    size, tokens = format_count(run.num_parameters), format_count(run.num_tokens)
    held = f"{format_count(plan.unique_tokens)} unique tokens"
    if not plan.unique_tokens:
        return f"Nothing: no unique tokens are held; {plan.law} would train {size} on {tokens}."
    seen = f"{format_count(run.num_epochs or 0)} epochs of the {held}"
    if not plan.is_data_limited:
        return f"Train {size} parameters on {tokens} tokens, {seen}: data is not what limits it."
    best = next(item for item in plan.runs if item.law == plan.law)
    share = format_percent(run.flops / plan.flops)
    return (
        f"Train {size} parameters on {tokens} tokens, {seen}: data limits it, and {share} of the "
        f"budget is spent. All of it would train {format_count(best.num_parameters)} parameters "
        f"with {format_count(plan.missing_tokens)} more unique tokens."
    )


def plan_rows(plan: TrainingPlan) -> list[list[str]]:
    """Return a row for each run under `PLAN_COLUMNS`."""
    rows = [_row(run.law, run) for run in plan.runs]
    if plan.on_repeated is not None:
        rows.append(_row(f"{plan.on_repeated.law}, on what is held", plan.on_repeated))
    return [*rows, _row(f"within {plan.epochs} epochs", plan.within_policy)]


def _row(name: str, run: PlannedRun) -> list[str]:
    epochs = "-" if run.num_epochs is None else format_count(run.num_epochs)
    size, tokens = format_count(run.num_parameters), format_count(run.num_tokens)
    return [name, size, tokens, epochs, f"{run.flops:.2e}".replace("e+", "e")]
