"""The job, its nightly schedule, and the sensor that starts it when dealers have sent something."""

from time import time

import dagster as dg

from pipelines import settings
from pipelines.resources import Workshop
from pipelines.settings import Settings
from pipelines.stages import alerting, old_versions, watch
from pipelines.stages.watch import Asked
from pipelines.tables_io import DraftTables, PassingTables

JOB = "chezhu_run"
NOTHING_NEW = "nothing new in the inbox"
RUN_KEY = "dagster/run_key"  # the tag by which Dagster knows what a sensor asked for
FAILED = frozenset({dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED})


@dg.definitions
def automation() -> dg.Definitions:
    """Job, schedule, sensor, resources and executor, from the settings."""
    values = settings.load()
    workshop = Workshop.configure_at_launch()
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), description="the whole flow: what is new since the last run")
    in_process = values.executor == "in_process"
    return dg.Definitions(
        jobs=[job, _remove_old_versions()],
        schedules=[_nightly(values)],
        sensors=[_inbox(), _failed()],
        resources={"workshop": workshop, "tables": DraftTables(workshop=workshop), "passing": PassingTables(workshop=workshop)},
        executor=dg.in_process_executor if in_process else dg.multiprocess_executor.configured({"max_concurrent": 1}),
    )


def _remove_old_versions() -> dg.JobDefinition:
    @dg.op
    def old_versions_removed(workshop: Workshop) -> None:
        """Removes versions beyond ``keep_versions``."""
        old_versions.remove(workshop.place, workshop.settings)

    @dg.job(
        name="remove_old_versions",
        description="what each run does last: for after keep_versions was lowered",
        executor_def=dg.in_process_executor,
    )
    def remove_old_versions() -> None:
        old_versions_removed()

    return remove_old_versions


def _nightly(values: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(job_name=JOB, cron_schedule=values.nightly, execution_timezone=values.timezone)
    def nightly() -> dg.RunRequest | dg.SkipReason:
        """Runs at night what came in by day."""
        return dg.RunRequest() if watch.anything_new(settings.load()) else dg.SkipReason(NOTHING_NEW)

    return nightly


def _inbox() -> dg.SensorDefinition:
    @dg.sensor(job_name=JOB, minimum_interval_seconds=60)
    def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Starts a run for new files; looks into files only when the list of them changed, or when the run for them failed."""
        now = settings.load()
        seen, before = watch.fingerprint(now), Asked.read(context.cursor)
        again = before if before is not None and before.seen == seen else None
        if again is not None and (wait := _waits(context, now, again)):
            return dg.SkipReason(wait)
        files = watch.new_files(now)
        asked = Asked(seen, watch.version(now), (again.tries if again is not None else 0) + 1 if files else 0, time())
        context.update_cursor(asked.written())
        return dg.RunRequest(run_key=asked.run_key) if files else dg.SkipReason(NOTHING_NEW)

    return inbox


def _waits(context: dg.SensorEvaluationContext, now: Settings, asked: Asked) -> str:
    """Why no other run is asked for while the inbox stays as it is; '' where the one asked for last failed, and it is time to try again."""
    if asked.tries == 0:
        return NOTHING_NEW
    runs = context.instance.get_runs(dg.RunsFilter(tags={RUN_KEY: asked.run_key}), limit=1)
    if runs and runs[0].status not in FAILED:
        return NOTHING_NEW
    if runs and watch.stopped(now, runs[0].run_id):
        return f"the publish gate stopped run {runs[0].run_id}: chezhu accept, or mend what is wrong"
    if asked.tries >= watch.TRIES:
        return f"{asked.tries} runs for these files failed: mend what is wrong, then chezhu run"
    return "" if time() >= asked.next_try else "the last run failed; it is tried again later"


def _failed() -> dg.SensorDefinition:
    @dg.run_failure_sensor(name="run_failed", minimum_interval_seconds=60, description="tells the channels of alerts that a run failed")
    def run_failed(context: dg.RunFailureSensorContext) -> None:
        alerting.run_failed(settings.load(), context.dagster_run.run_id)

    return run_failed
