"""The job, its nightly schedule, and the sensor that starts it when dealers have sent something."""

import dagster as dg

from pipelines import settings
from pipelines.resources import Workshop
from pipelines.settings import Settings
from pipelines.stages import alerting, old_versions, watch
from pipelines.tables_io import DraftTables, PassingTables

JOB = "chezhu_run"
NOTHING_NEW = "nothing new in the inbox"


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
        """Starts a run for new files; looks into files only when the list of them changed."""
        now = settings.load()
        seen = watch.fingerprint(now)
        if seen == context.cursor:
            return dg.SkipReason(NOTHING_NEW)
        files = watch.new_files(now)
        context.update_cursor(seen)
        return dg.RunRequest(run_key=seen) if files else dg.SkipReason(NOTHING_NEW)

    return inbox


def _failed() -> dg.SensorDefinition:
    @dg.run_failure_sensor(name="run_failed", minimum_interval_seconds=60, description="tells the channels of alerts that a run failed")
    def run_failed(context: dg.RunFailureSensorContext) -> None:
        alerting.run_failed(settings.load(), context.dagster_run.run_id)

    return run_failed
