"""Splink 5 as a fair peer, with the settings its users publish or would choose; one data set a process.

historical_50k has the settings that Splink publishes for it. FEBRL has those of Splink's own FEBRL examples, with all ten columns. For
dealers' records there are eight blocking rules and the comparisons of a careful user over cleansed columns.
Clusters are taken at the best of five thresholds by the truth, which a user without truth could not choose.
"""

from __future__ import annotations

import logging
import time
import warnings
from typing import Any

import duckdb
import polars as pl

THRESHOLDS = (0.5, 0.9, 0.95, 0.99, 0.999)


def link(name: str, data: pl.DataFrame) -> tuple[float, dict[float, pl.DataFrame]]:
    """Seconds of training, prediction and one clustering, and the clusters (record_id, cluster_id) at each threshold.

    Args:
        name: febrl3, febrl4, historical or dealers.
        data: the columns of that data set, with ``unique_id``.
    """
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    settings, prior, recall, em_rules, max_pairs = (
        _febrl() if name.startswith("febrl") else {"historical": _historical, "dealers": _dealers}[name]()
    )
    api = DuckDBAPI(duckdb.connect())
    linker: Any = Linker(api.register(_prepared(name, data).to_arrow()), settings)
    start = time.perf_counter()
    linker.training.estimate_probability_two_random_records_match(prior, recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs)
    for rule in em_rules:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    pairs = linker.inference.predict(threshold_match_weight=-5)
    linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
    seconds = time.perf_counter() - start
    found = {}
    for threshold in THRESHOLDS:
        table = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=threshold)
        frame = pl.DataFrame(table.as_duckdbpyrelation().arrow().read_all())
        found[threshold] = frame.select(record_id=pl.col("unique_id").cast(pl.String), cluster_id=pl.col("cluster_id").cast(pl.String))
    return seconds, found


def _prepared(name: str, data: pl.DataFrame) -> pl.DataFrame:
    if name == "historical":
        return data.with_columns(name_pair=pl.col("first_name") + " " + pl.col("surname"))
    if name == "dealers":
        return data.with_columns(
            surname_char=pl.col("name").str.slice(0, 1), district=pl.col("address").str.extract(r"([\p{Han}]{2,3}[区市县])[^区市县]*$")
        )
    return data


def _febrl() -> tuple[Any, list[Any], float, list[Any], float]:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    rules = [
        block_on("given_name", "surname"), block_on("soc_sec_id"), block_on("date_of_birth"), block_on("given_name", "postcode"),
        block_on("surname", "postcode"), block_on("address_1", "street_number"), block_on("given_name", "suburb"), block_on("surname", "suburb"),
        block_on("substr(given_name,1,3)", "substr(surname,1,4)"),
    ]  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only", blocking_rules_to_generate_predictions=rules, retain_intermediate_calculation_columns=False, retain_matching_columns=False,
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True), cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]), cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.LevenshteinAtThresholds("address_1", [2]), cl.LevenshteinAtThresholds("address_2", [2]), cl.ExactMatch("street_number"),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]), cl.LevenshteinAtThresholds("suburb", [2]), cl.ExactMatch("state"),
        ],
    )  # fmt: skip
    prior = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
    return settings, prior, 0.9, [block_on("date_of_birth"), block_on("postcode")], 1e6


def _historical() -> tuple[Any, list[Any], float, list[Any], float]:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    rules = [
        block_on("substr(first_name,1,3)", "substr(surname,1,4)"), block_on("surname", "dob"), block_on("first_name", "dob"),
        block_on("postcode_fake", "first_name"), block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
        block_on("substr(postcode_fake,1,3)", "dob"), block_on("substr(postcode_fake,1,3)", "first_name"),
        block_on("substr(postcode_fake,1,3)", "surname"), block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
    ]  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only", blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="name_pair"),
            cl.DateOfBirthComparison("dob", input_is_string=True), cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True), cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
    )  # fmt: skip
    prior = [
        block_on("first_name", "surname", "dob"), block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"), block_on("dob", "postcode_fake")
    ]  # fmt: skip
    return settings, prior, 0.6, [block_on("first_name", "surname"), block_on("dob")], 1e7


def _dealers() -> tuple[Any, list[Any], float, list[Any], float]:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    rules = [
        block_on("phone", "surname_char"), block_on("id_no"), block_on("vin"), block_on("plate"), block_on("name", "district"),
        block_on("name", "substr(phone,1,7)"), block_on("name", "substr(phone,8,4)"), block_on("phone"),
    ]  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only", blocking_rules_to_generate_predictions=rules, retain_intermediate_calculation_columns=False, retain_matching_columns=False,
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.9, 0.7]).configure(term_frequency_adjustments=True), cl.DamerauLevenshteinAtThresholds("phone", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("id_no", [2]), cl.ExactMatch("vin"), cl.ExactMatch("plate"),
            cl.JaroWinklerAtThresholds("address", [0.95, 0.85, 0.7]),
        ],
    )  # fmt: skip
    prior = [block_on("id_no"), block_on("vin", "name"), block_on("phone", "name")]
    return settings, prior, 0.8, [block_on("phone"), block_on("name", "district")], 1e6
